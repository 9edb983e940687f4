// What follows a picture: words, tables and what only screen readers hear. Nobody reads them while
// they change, and to lay them out takes about as long as to draw the picture: they are written
// when the frame with the picture is painted, and stand in the next one.

/** @type {(() => void)[]} */
let waiting = [];
let frame = 0;
const { port1, port2 } = new MessageChannel();

/**
 * Do something when the frame that is being made is painted, at the latest in the next one.
 * @param {() => void} work
 */
export function after(work) {
  waiting.push(work);
  if (frame) return;
  frame = requestAnimationFrame(settle);
  // A message that is sent while a frame is made arrives behind it.
  port2.postMessage(0);
}

/** Do now what waits. */
export function settle() {
  cancelAnimationFrame(frame);
  frame = 0;
  const all = waiting;
  waiting = [];
  all.forEach((work) => work());
}

port1.onmessage = () => {
  if (!frame) return;
  settle();
  // The words are laid out here, and not in the frame of the next input.
  document.body.getBoundingClientRect();
};
