// When a picture is drawn, and what follows it: words, tables and what only screen readers hear.
// Nobody reads them while they change, and to lay them out takes about as long as to draw the
// picture. They are written when the frame with the picture is painted, if that left time; or else
// in the next frame without a new picture, but while a pointer is held down, and will move on, only
// when it rests, and a few times a second.

/** @type {Map<object, () => void>} */
const waiting = new Map();
/**
 * In milliseconds: a frame that took longer has no time left; a pointer that did not move for so
 * long rests; so long may words be behind.
 */
const [SHORT, REST, LATE] = [8, 100, 400];
let [frame, timer, began, since, held] = [0, 0, 0, 0, false];
const { port1, port2 } = new MessageChannel();

function disarm() {
  cancelAnimationFrame(frame);
  clearTimeout(timer);
  frame = timer = 0;
}

const late = () => performance.now() - since > LATE;

/** Have the words written. */
function arm() {
  if (frame || timer || !waiting.size) return;
  if (held && !late()) timer = setTimeout(settle, REST);
  else frame = requestAnimationFrame(settle);
  // A message that is sent while a frame is made arrives behind it.
  port2.postMessage(0);
}

/**
 * Draw a picture in the next frame; words that wait give way to it, unless they are late.
 * @param {() => void} picture
 * @returns {number} the request, which can be cancelled
 */
export function draw(picture) {
  if (!late()) disarm();
  return requestAnimationFrame((time) => {
    began = time;
    picture();
    arm();
  });
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
  if (!waiting.size || performance.now() - began > SHORT) return;
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
