// When a picture is drawn, and what follows it: words, tables and what only screen readers hear.
// Nobody reads them while they change, and to lay them out takes about as long as to draw the
// picture: they are written when the frame with the picture is painted, if that left time, or else
// in the first frame without a new picture; where pictures follow one another without a pause, a
// few times a second.

/** @type {Map<object, () => void>} */
const waiting = new Map();
/** In milliseconds: a frame that took longer has no time left; so long words may be behind. */
const [SHORT, LATE] = [8, 400];
let [frame, began, since] = [0, 0, 0];
const { port1, port2 } = new MessageChannel();

/** The words are written in the next frame, unless there is time for them before. */
function arm() {
  if (frame) return;
  frame = requestAnimationFrame(settle);
  // A message that is sent while a frame is made arrives behind it.
  port2.postMessage(0);
}

/**
 * Draw a picture in the next frame; words that wait give way to it, unless they are late.
 * @param {() => void} picture
 * @returns {number} the request, which can be cancelled
 */
export function draw(picture) {
  if (performance.now() - since < LATE) {
    cancelAnimationFrame(frame);
    frame = 0;
  }
  return requestAnimationFrame((time) => {
    began = time;
    picture();
    if (waiting.size) arm();
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
  cancelAnimationFrame(frame);
  frame = 0;
  const all = [...waiting.values()];
  waiting.clear();
  all.forEach((work) => work());
}

port1.onmessage = () => {
  if (!frame || performance.now() - began > SHORT) return;
  settle();
  // The words are laid out here, and not in the frame of the next input.
  document.body.getBoundingClientRect();
};
