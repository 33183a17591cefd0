// Notes wait on this device until the server says that it has them: a lost connection loses none of them.
const shelfOf = document.querySelector("[data-notes]");
if (shelfOf) {
  const form = shelfOf.querySelector("form");
  const address = shelfOf.dataset.notes;
  const shelf = `sojourn-notes:${shelfOf.dataset.shelf}`;
  const draft = `${shelf}:draft`;
  const status = document.querySelector("#waiting");
  const say = (sentence) => { status.textContent = sentence; };
  const waiting = () => JSON.parse(localStorage.getItem(shelf) ?? "[]");
  const store = (notes) => notes.length
    ? localStorage.setItem(shelf, JSON.stringify(notes)) : localStorage.removeItem(shelf);
  const name = () => [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const typed = () => Object.fromEntries(new FormData(form));
  const fill = (note) => {
    for (const field of ["quote", "moment", "feeling"]) form.elements[field].value = note[field] ?? "";
    if (note.tag) form.elements.tag.value = note.tag;
  };
  const line = (note, said) => {
    const item = document.createElement("li");
    const at = new Date(note.noted_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
    item.textContent = `${at} · ${note.tag}${said ?? ""}`;
    return item;
  };

  // What the server refused stays here, with the reason, until it is taken up again or dropped.
  const showRefused = () => {
    const list = document.querySelector("#refused");
    list.replaceChildren(...waiting().filter((note) => note.refused).map((note) => {
      const item = line(note, `: ${note.quote || note.moment} (${note.refused})`);
      const drop = document.createElement("button");
      drop.type = "button";
      drop.className = "quiet small";
      drop.textContent = "Drop it";
      drop.addEventListener("click", () => {
        store(waiting().filter((other) => other.name !== note.name));
        showRefused();
      });
      item.append(" ", drop);
      return item;
    }));
  };

  // No note is at fault when the link is over: they wait for a fresh one.
  let over = "";
  const take = async (note) => {
    const { refused, ...said } = note;
    const body = new URLSearchParams(said);
    const answer = await fetch(address, { method: "POST", body, headers: { accept: "application/json" } });
    const told = await answer.json().catch(() => null);
    if (answer.ok && Array.isArray(told?.named)) {
      store(waiting().filter((other) => other.name !== note.name));
      document.querySelector("#kept")?.append(line(note));
      document.querySelector("#nothing")?.remove();
      return told.named.length
        ? `Kept. It names ${told.named.join(", ")}: before you share it, say it without the name.` : "Kept.";
    }
    if (answer.status < 400 || answer.status >= 500 || !told?.sentence) throw new Error("not now");
    if (answer.status === 410) {
      over = told.sentence;
      throw new Error("not by this link");
    }
    store(waiting().map((other) => other.name === note.name ? { ...other, refused: told.sentence } : other));
    showRefused();
    return told.sentence;
  };

  let sending = false;
  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      for (const note of waiting().filter((one) => !one.refused)) say(await take(note));
    } catch {
      const count = waiting().filter((one) => !one.refused).length;
      const what = over ? `. ${over}` : " for a connection. Leave this page open or come back to it.";
      say(`${count} ${count === 1 ? "note waits" : "notes wait"} on this device${what}`);
    } finally {
      sending = false;
    }
  };

  const note = (event) => {
    const fresh = { ...typed(), name: name(), noted_at: new Date().toISOString() };
    if (!fresh.quote.trim() && !fresh.moment.trim()) {
      event.preventDefault();
      say("Write down what was said or what happened; a feeling alone says too little.");
      return;
    }
    try {
      store([...waiting(), fresh]);
    } catch {
      return; // this device keeps nothing: the browser sends the form itself
    }
    event.preventDefault();
    localStorage.removeItem(draft);
    fill({});
    form.elements.quote.focus();
    send();
  };

  try {
    form?.addEventListener("submit", note);
    form?.addEventListener("input", () => localStorage.setItem(draft, JSON.stringify(typed())));
    addEventListener("online", send);
    setInterval(() => { if (!over && waiting().some((one) => !one.refused)) send(); }, 20000);
    const left = localStorage.getItem(draft);
    if (form && left && !form.querySelector("[aria-describedby]")) fill(JSON.parse(left));
    showRefused();
    if (waiting().some((one) => !one.refused)) send();
  } catch {
    say("This device keeps no notes without a connection.");
  }
}
