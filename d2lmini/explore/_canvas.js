// A canvas under a plot, for what would be too many elements: heat maps, clouds of paths.
import { make, set } from "./_figure.js";

/**
 * A canvas that covers the inner area of a plot, behind its marks.
 * @param {any} area a plot of _plot.js
 * @returns {{node: HTMLElement, paint: (draw: (pen: CanvasRenderingContext2D) => void) => void}}
 *   `node` holds the plot, too; `paint` clears the canvas and calls `draw` with a context whose
 *   coordinates are those of the plot's `place`
 */
export function layer(area) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  return {
    node: make("div", { class: "layer" }, canvas, area.node),
    paint(draw) {
      const { left, top, width, height } = area.area;
      // Denser than two pixels a point nobody sees, and the time goes with the square.
      const k = Math.min(devicePixelRatio || 1, 2);
      const [w, h] = [Math.round(width * k), Math.round(height * k)];
      if (canvas.width !== w || canvas.height !== h) {
        set(canvas, { width: w, height: h });
        canvas.style.cssText = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
      }
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.clearRect(0, 0, w, h);
      pen.setTransform(k, 0, 0, k, -left * k, -top * k);
      draw(pen);
    },
  };
}

/** @type {CanvasRenderingContext2D | null} */
let probe = null;

/**
 * The red, green and blue of a CSS colour, system colours included.
 * @param {string} colour
 * @returns {number[]}
 */
export function rgb(colour) {
  probe ??= make("canvas", { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const pen = /** @type {CanvasRenderingContext2D} */ (probe);
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}
