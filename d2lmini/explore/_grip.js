// A point to drag.
import { after } from "./_after.js";
import { make, set, shifted } from "./_figure.js";

/** Where in a picture, in its pixels, a pointer is. */
export function pointerIn(/** @type {Element} */ svg, /** @type {MouseEvent} */ e) {
  const frame = svg.getBoundingClientRect();
  const scale = svg.clientWidth / frame.width || 1; // a slide is enlarged as a whole
  return [(e.clientX - frame.left) * scale, (e.clientY - frame.top) * scale];
}

/**
 * A point to drag, by pointer and by keyboard (arrows, Shift for larger steps, Home to reset).
 * A step of 0 means that a coordinate cannot be moved; the arrows then move the other one.
 * @param {{label: string, colour: string, step: number[], get: () => number[], put: (p: number[]) => void,
 *   home: () => void, toData: (x: number, y: number) => number[], text: (p: number[]) => string}} options
 * @returns {{node: SVGElement, place: (at: number[], box: number[][]) => void}}
 */
export function grip({ label, colour, step, get, put, home, toData, text }) {
  const dot = (/** @type {Object<string, any>} */ attributes) => make("svg:circle", attributes);
  const node = make("svg:g", { class: "grip", tabindex: 0, role: "slider", "aria-label": label },
    dot({ r: 22.5, fill: "transparent" }),
    dot({ class: "ring", r: 13, fill: "none", stroke: "var(--accent)", "stroke-width": 2 }),
    dot({ r: 7.5, fill: "var(--paper)", stroke: "var(--ink)", "stroke-width": 2 }),
    dot({ r: 3, fill: colour }));
  let held = [0, 0];
  const pointer = (/** @type {PointerEvent} */ e) => pointerIn(node.ownerSVGElement, e);
  let at = [0, 0];
  set(node, {
    onpointerdown: (/** @type {PointerEvent} */ e) => {
      if (e.button) return;
      const p = pointer(e);
      held = [p[0] - at[0], p[1] - at[1]];
      node.setPointerCapture(e.pointerId);
      node.focus({ preventScroll: true });
      e.preventDefault();
    },
    onpointermove: (/** @type {PointerEvent} */ e) => {
      if (!node.hasPointerCapture(e.pointerId)) return;
      const p = pointer(e);
      put(toData(p[0] - held[0], p[1] - held[1]));
    },
    onkeydown: (/** @type {KeyboardEvent} */ e) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
      const both = step.every(Boolean);
      if (way && !e.altKey && !e.ctrlKey && !e.metaKey) put(get().map((v, i) => v + (both ? way[i] : way[0] + way[1]) * step[i] * (e.shiftKey ? 10 : 1)));
      else if (e.key === "Home") home();
      else return;
      e.preventDefault();
      e.stopPropagation();
    },
  });
  return {
    node,
    place(position, box) {
      at = position;
      set(node, { transform: shifted(position) });
      after(node, () => {
        const p = get();
        // A slider has one value for a screen reader; the text says both coordinates.
        const i = step[0] ? 0 : 1;
        set(node, { "aria-valuemin": box[i][0], "aria-valuemax": box[i][1], "aria-valuenow": p[i], "aria-valuetext": text(p) });
      });
    },
  };
}
