// Notes wait on this device until they have reached the server: a lost connection loses none of them.
const form = document.querySelector("form[data-notes]");
if (form) {
  const shelf = `sojourn-notes:${form.action}`;
  const waiting = () => JSON.parse(localStorage.getItem(shelf) ?? "[]");
  const store = (notes) => notes.length
    ? localStorage.setItem(shelf, JSON.stringify(notes)) : localStorage.removeItem(shelf);
  const say = (sentence) => { document.querySelector("#waiting").textContent = sentence; };
  const name = () => [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const draft = `${shelf}:draft`;
  const typed = () => Object.fromEntries(new FormData(form));
  const fill = (note) => {
    for (const field of ["quote", "moment", "feeling"]) form.elements[field].value = note[field] ?? "";
    if (note.tag) form.elements.tag.value = note.tag;
  };
  const list = (note) => {
    const line = document.createElement("li");
    const at = new Date(note.noted_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
    line.textContent = `${at} · ${note.tag}`;
    document.querySelector("#kept")?.append(line);
    document.querySelector("#nothing")?.remove();
  };

  const take = async (note) => {
    const body = new URLSearchParams(note);
    const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
    if (answer.status >= 500) throw new Error("not now");
    const said = await answer.json().catch(() => ({ sentence: "This could not be kept. Reload the page." }));
    store(waiting().filter((other) => other.name !== note.name));
    if (!answer.ok) {
      fill(note);
      return said.sentence ?? "This could not be kept. Check what you wrote.";
    }
    list(note);
    return said.named?.length
      ? `Kept. It names ${said.named.join(", ")}: before you share it, say it without the name.` : "Kept.";
  };

  let sending = false;
  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      for (const note of waiting()) say(await take(note));
    } catch {
      const count = waiting().length;
      say(`${count} ${count === 1 ? "note waits" : "notes wait"} on this device for a connection. Leave this page open or come back to it.`);
    } finally {
      sending = false;
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const note = { ...typed(), name: name(), noted_at: new Date().toISOString() };
    if (!note.quote.trim() && !note.moment.trim()) {
      say("Write down what was said or what happened; a feeling alone says too little.");
      return;
    }
    store([...waiting(), note]);
    localStorage.removeItem(draft);
    fill({});
    form.elements.quote.focus();
    send();
  });
  form.addEventListener("input", () => localStorage.setItem(draft, JSON.stringify(typed())));
  addEventListener("online", send);
  setInterval(() => { if (waiting().length) send(); }, 20000);
  const left = localStorage.getItem(draft);
  if (left && !form.querySelector("[aria-describedby]")) fill(JSON.parse(left));
  if (waiting().length) send();
}
