// Pages that say data-live fetch themselves again when something changed, without losing a form.
const main = document.querySelector("main[data-live]");
if (main && "EventSource" in window) {
  const status = document.querySelector("#live");
  const busy = () => main.contains(document.activeElement) &&
    ["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement.tagName);
  const refresh = async () => {
    if (busy()) return;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const open = [...main.querySelectorAll("details[open][id]")].map((d) => d.id);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    main.replaceChildren(...fresh.childNodes);
    if (!fresh.hasAttribute("data-live")) stream.close();
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (status) status.textContent = "updated " + new Date().toLocaleTimeString();
  };
  const stream = new EventSource("/events");
  stream.addEventListener("hello", () => {
    if (status) status.textContent = "live";
    if (main.dataset.live === "awaits") refresh(); // it may have come before the stream began
  });
  stream.addEventListener("change", refresh);
  stream.addEventListener("error", () => { if (status) status.textContent = "connecting again"; });
  addEventListener("pagehide", () => stream.close());
}

// Links to pages that take a moment to work out say so.
for (const link of document.querySelectorAll("a[data-slow]")) {
  link.addEventListener("click", () => {
    const status = document.querySelector("#live");
    if (status) status.textContent = "Working it out…";
  });
}
