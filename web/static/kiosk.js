// On a shared device a page that the browser kept is asked for again: it may be somebody else who goes back.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
