// When a picture is drawn, and what follows it: words, tables and what only screen readers hear.
// Nobody reads them while they change, and to lay them out takes about as long as to draw the
// picture. They are written when the frame with the picture is painted, if that left time; or else
// in the next frame without a new picture, but while a pointer is held down, and will move on, only
// when it rests, and once a second, between two frames.

/** @type {Map<object, () => void>} */
const waiting = new Map();
/**
 * In milliseconds: a frame that took longer has no time left; a pointer that did not move for so
 * long rests; so long may words be behind; so long after a picture the next one waits for a frame.
 */
const [SHORT, REST, LATE, APART] = [8, 100, 1000, 12];
let [frame, timer, began, since, held, posted] = [0, 0, 0, 0, false, false];
const { port1, port2 } = new MessageChannel();

function disarm() {
  cancelAnimationFrame(frame);
  frame = 0;
}

const late = () => performance.now() - since > LATE;

/** Have the words written. */
function arm() {
  if (!waiting.size) return;
  if (held) timer ||= setTimeout(rest, REST);
  else frame ||= requestAnimationFrame(settle);
  // A message that is sent while a frame is made arrives behind it.
  if (!posted) port2.postMessage(0);
  posted = true;
}

/** One timer for many pictures: when the pointer has moved on, it goes on for as long as is left. */
function rest() {
  const left = held ? began + REST - performance.now() : 0;
  timer = left > 1 ? setTimeout(rest, left) : 0;
  if (!timer) settle();
}

/** Draw a picture, and what follows it. */
function show(/** @type {() => void} */ picture, time = performance.now()) {
  began = time;
  picture();
  arm();
}

/**
 * Draw a picture in the next frame; words that wait give way to it. Browsers hand out the moves of
 * a pointer when they begin a frame: what it drags is drawn at once, and laid out together with
 * what the browser moves itself, such as the thumb of a slider.
 * @param {() => void} picture
 * @returns {number} the request, which can be cancelled; 0 if the picture follows at once
 */
export function draw(picture) {
  if (frame && !late()) disarm();
  const by = globalThis.event;
  // Several values that change together are one picture.
  if (held && by?.isTrusted && /^(input|pointermove)$/.test(by.type) && performance.now() - began > APART) return queueMicrotask(() => show(picture)) ?? 0;
  return requestAnimationFrame((time) => show(picture, time));
}

/**
 * Do something when the frame that is being made is painted, or a little later. Of what waits for
 * the same `key` only the last is done.
 * @param {object} key
 * @param {() => void} work
 */
export function after(key, work) {
  if (!waiting.size) since = performance.now();
  waiting.set(key, work);
  arm();
}

/** Do now what waits. */
export function settle() {
  disarm();
  const all = [...waiting.values()];
  waiting.clear();
  all.forEach((work) => work());
}

port1.onmessage = () => {
  posted = false;
  if (!waiting.size || (performance.now() - began > SHORT && !late())) return;
  settle();
  // The words are laid out here, and not in the frame of the next input.
  document.body.getBoundingClientRect();
};

for (const name of ["pointerdown", "pointerup", "pointercancel"]) {
  addEventListener(name, () => {
    held = name === "pointerdown";
    disarm();
    arm();
  }, true);
}
