// Loads pages into frames of one window and says what in them has no room. fits_test.go calls hold, then measure for each width.

const frames = [];

// hold replaces the frames by pages, each a number below /page/.
async function hold(numbers) {
  while (frames.length) frames.pop().remove();
  await Promise.all(numbers.map((number) => new Promise((loaded) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-same-origin allow-scripts"; // no form goes off by itself, no page leaves
    frame.dataset.number = number;
    frame.style = "border: 0; display: block; inline-size: 1440px; block-size: 700px";
    frame.addEventListener("load", loaded, { once: true });
    frame.src = "/page/" + number;
    document.body.append(frame);
    frames.push(frame);
  })));
}

// measure gives every page the width, in points, and returns what has no room.
function measure(width) {
  for (const frame of frames) frame.style.inlineSize = width + "px";
  return frames.flatMap((frame) => states(frame.contentDocument).flatMap(([state, enter, leave]) => {
    enter();
    const found = faults(frame.contentDocument).map((What) => ({ Page: Number(frame.dataset.number), State: state, What }));
    leave();
    return found;
  }));
}

// states are the ways in which a page may stand there: as it came, with all that opens open, with each of its dialogs.
function states(page) {
  const nothing = () => {};
  const closed = [...page.querySelectorAll("details:not([open])")];
  const all = [["", nothing, nothing]];
  if (closed.length) {
    all.push(["open", () => closed.forEach((e) => { e.open = true; }), () => closed.forEach((e) => { e.open = false; })]);
  }
  for (const dialog of page.querySelectorAll("dialog")) {
    all.push(["dialog", () => {
      dialog.showModal();
      dialog.querySelectorAll("details").forEach((e) => { e.open = true; });
    }, () => dialog.close()]);
  }
  return all;
}

function faults(page) {
  const root = page.documentElement, width = root.clientWidth, found = new Map();
  const styles = new Map();
  const style = (e) => styles.get(e) || styles.set(e, page.defaultView.getComputedStyle(e)).get(e);
  // What stands in a box of its own is the box's matter, and what is for screen readers only is nobody's.
  const boxed = (e) => {
    for (let p = e.parentElement; p && p !== page.body; p = p.parentElement) {
      if (style(p).overflowX !== "visible" || style(p).clipPath !== "none") return true;
    }
    return false;
  };
  for (const e of page.body.querySelectorAll("*:not(svg *)")) {
    const s = style(e);
    if (s.display === "contents" || s.display === "none" || s.clipPath !== "none" || !e.checkVisibility()) continue;
    const box = e.getBoundingClientRect();
    if (box.width > 0 && (box.right > width + 1 || box.left < -1) && !boxed(e)) {
      found.set(e, `stands out of the window by ${Math.round(Math.max(box.right - width, -box.left))}`);
      continue;
    }
    if (s.display === "inline" || e.clientWidth === 0 || e.scrollWidth <= e.clientWidth + 1 || e.matches("input, select, textarea, svg")) continue;
    if (s.overflowX === "visible" && [...e.children].some((c) => parseFloat(style(c).marginInlineEnd) < 0 && c.getBoundingClientRect().width > box.width)) {
      continue; // a row that goes from edge to edge on purpose
    }
    const excess = `${e.scrollWidth} in ${e.clientWidth}`;
    if (s.overflowX === "visible") {
      found.set(e, `does not hold what is in it, ${excess}`);
    } else if (s.overflowX === "auto" || s.overflowX === "scroll") {
      // A box that scrolls can be reached by keyboard: it has the focus itself, or is a row of links.
      if (e.tabIndex < 0 && !e.matches("nav")) found.set(e, `scrolls sideways and cannot be focused, ${excess}`);
    } else if (s.textOverflow !== "ellipsis" && !boxed(e)) {
      found.set(e, `cuts something off, ${excess}`);
    }
  }
  // The innermost one is the cause.
  const inner = [...found].filter(([e]) => ![...found.keys()].some((other) => other !== e && e.contains(other)));
  const list = inner.slice(0, 4).map(([e, what]) => `${path(e)} ${what}`);
  if (list.length === 0 && root.scrollWidth > width) list.push(`the page is ${root.scrollWidth} wide and its window ${width}`);
  return list;
}

// path is where an element stands, as a selector says it.
function path(e) {
  const steps = [];
  for (let p = e; p && p.tagName !== "BODY" && steps.length < 4; p = p.parentElement) {
    steps.unshift(p.tagName.toLowerCase() + (p.id ? "#" + p.id : p.className && typeof p.className === "string" ? "." + p.className.trim().replace(/\s+/g, ".") : ""));
  }
  return steps.join(" > ");
}
