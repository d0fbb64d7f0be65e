// Reloads the page when a message has come, but not while somebody has text selected, to copy it.
const shown = document.body.dataset.newest;

async function look() {
  try {
    const answer = await fetch("/messages");
    const messages = await answer.json();
    const newest = messages.length > 0 ? messages[0].id : "";
    if (newest !== shown && String(getSelection()) === "") {
      location.reload();
      return;
    }
  } catch {
    // The demo is stopped or starting; the next look may find it.
  }
  setTimeout(look, 1000);
}

setTimeout(look, 1000);
