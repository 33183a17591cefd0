// Pages that say data-live fetch themselves again when something changed, without losing a form.
// "awaits" does so at once too, "works" every second: until a page comes that says nothing.
const main = document.querySelector("main[data-live]");
const status = document.querySelector("#live");
if (main && "EventSource" in window) {
  const busy = () => main.contains(document.activeElement) &&
    ["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement.tagName);
  const goOn = () => { if (main.dataset.live === "works") setTimeout(refresh, 1000); };
  const refresh = async () => {
    if (busy()) return goOn();
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) {
      if (main.dataset.live === "works") location.reload();
      return;
    }
    const open = [...main.querySelectorAll("details[open][id]")].map((d) => d.id);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    main.replaceChildren(...fresh.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (status) status.textContent = "updated " + new Date().toLocaleTimeString();
    main.dataset.live = fresh.dataset.live ?? "over";
    if (main.dataset.live === "over") stream.close();
    goOn();
  };
  const stream = new EventSource("/events");
  stream.addEventListener("hello", () => {
    if (status) status.textContent = "live";
    if (main.dataset.live === "awaits") refresh(); // it may have come before the stream began
  });
  stream.addEventListener("change", refresh);
  stream.addEventListener("error", () => { if (status) status.textContent = "connecting again"; });
  addEventListener("pagehide", () => stream.close());
  goOn();
}

// Links to pages that take a moment to work out say so.
document.addEventListener("click", (event) => {
  if (status && event.target.closest("a[data-slow]")) status.textContent = "Working it out…";
});
