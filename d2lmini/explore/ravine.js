// The ravine: gradient descent, momentum and Nesterov's method on f(x) = ½(λ₁x₁² + λ₂x₂²), from one
// start point.
import { after } from "./_after.js";
import { head, key, presets } from "./_controls.js";
import { loss, optimum, rate, roots, trajectory } from "./_descent.js";
import { DASHES, clamp, fill, fixed, make, num, set, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { curve, log10, plot } from "./_plot.js";
import { explorable } from "./_stage.js";

/** What a link to a setting holds, and the range of each number. */
export const state = { eta: [0, 1], beta: [0, 0.99], kappa: [1, 1000], start: [-100, 100] };

const AXES = ["x₁", "x₂"];
const SIGNS = { eta: "η", beta: "β" };
const WINDOW = [6, 3.2];

/**
 * What a setting does, told by the slowest of the directions in which it starts.
 * A coordinate that starts at 0 stays there, however large its rate is.
 * @param {{eta: number, beta: number, lams: number[], start: number[], lookahead?: boolean}} setting
 * @returns {{kind: "rest"|"still"|"diverges"|"swings"|"converges", axis: number, rho: number, factor: number}}
 */
export function outcome({ eta, beta, lams, start, lookahead }) {
  const rates = lams.map((lam, i) => (start[i] === 0 ? 0 : rate(lam, eta, beta, lookahead)));
  const rho = Math.max(...rates);
  const axis = rates.indexOf(rho);
  // Beyond the stable range the root of largest modulus is real and negative, for every β < 1.
  const told = { axis, rho, factor: roots(lams[axis], eta, beta, lookahead)[0][0] };
  if (start.every((v) => v === 0)) return { kind: "rest", ...told };
  if (eta === 0) return { kind: "still", ...told };
  if (Math.abs(rho - 1) < 1e-9) return { kind: "swings", ...told };
  return { kind: rho > 1 ? "diverges" : "converges", ...told };
}

/**
 * The sentence under a panel.
 * @param {Object<string, string>} labels
 * @param {any} setting
 * @param {number[][]} x
 * @returns {string}
 */
function sentence(labels, setting, x) {
  const { kind, axis, rho, factor } = outcome(setting);
  const end = x[x.length - 1];
  const label = kind === "diverges" && setting.beta > 0 ? "diverges_later" : kind;
  return fill(labels[`ravine.${label}`], {
    axis: AXES[axis],
    // Near 1 the next digits are the ones that matter.
    rate: num(rho, fixed(Math.abs(rho - 1) < 5e-4 ? 6 : 3)),
    factor: num(factor, fixed(Math.abs(rho - 1) < 5e-3 ? 4 : 2)),
    value: num(end[axis], fixed(2)),
    steps: x.length - 1,
    loss: num(loss(end, setting.lams), { maximumSignificantDigits: 2 }),
  }).replaceAll(" = ", "\u00a0=\u00a0");
}

/** "η = 0.6, β = 0.5" of what is given. */
const setup = (/** @type {Object<string, number>} */ values) =>
  Object.entries(values).map(([name, v]) => `${SIGNS[name]} = ${num(v, { maximumFractionDigits: 4 })}`).join(", ");

/**
 * One method on its contours.
 * @param {{title: string, colour: string, point: any}} options
 */
function panel({ title, colour, point }) {
  const area = plot({ label: title, role: "group", names: AXES, framed: true });
  const rings = make("svg:g", { stroke: "var(--contour)", fill: "none" });
  const centre = make("svg:path", { stroke: "var(--ink)", "stroke-width": 1.5, "stroke-linecap": "round" });
  const halo = make("svg:g", { opacity: 0.6 });
  const line = curve(colour, { width: 1.5, dots: 0 });
  halo.append(line.node);
  const dots = curve(colour, { width: 0, dots: 5.5, most: 1e4 });
  const light = curve("var(--paper)", { width: 0, dots: 7.5, most: 1e4 });
  const last = make("svg:circle", { r: 4.5, fill: colour, stroke: "var(--paper)", "stroke-width": 1.5 });
  const arrow = make("svg:path", { d: "M4 0L-7 -5L-4.5 0L-7 5Z", fill: colour });
  const words = make("svg:text", { style: `paint-order:stroke;stroke-width:4px;stroke-linejoin:round;font-weight:600;fill:${colour};stroke:var(--paper)` });
  const leave = make("svg:g", {}, arrow, words);
  const handle = grip({ ...point, label: `${point.label}, ${title}`, colour, toData: area.toData });
  area.marks.append(rings, centre);
  area.over.append(halo, light.node, dots.node, last, leave, handle.node);
  let held = "";

  return {
    node: area.node,
    layout(/** @type {number} */ width, /** @type {number[]} */ half) {
      const tall = Math.round(clamp(width * 0.58, 170, 320));
      area.layout(width, tall + 34, half.map((h) => [-h, h]));
      held = "";
    },
    draw(/** @type {number[][]} */ x, /** @type {number[]} */ lams, /** @type {string} */ step) {
      const half = area.box.map(([, high]) => high);
      if (held !== `${lams}`) {
        held = `${lams}`;
        const [cx, cy] = area.place([0, 0]);
        const most = loss(half, lams);
        const count = 11;
        // Levels that grow like k² give ellipses an equal distance apart.
        rings.replaceChildren(...Array.from({ length: count }, (_, k) => {
          const share = (count - k) / count;
          const [rx, ry] = lams.map((lam, i) => (Math.sqrt((2 * most) / lam) * share * [area.area.width, area.area.height][i]) / half[i] / 2);
          return make("svg:ellipse", { cx, cy, rx, ry, opacity: 0.95 - 0.65 * share });
        }));
        set(centre, { d: `M${cx - 6} ${cy}h12M${cx} ${cy - 6}v12` });
      }
      const exit = line.draw(x, area);
      dots.draw(x, area);
      light.draw(x, area);
      const end = x[x.length - 1];
      const shown = end.every((v, i) => Math.abs(v) <= half[i]);
      const [ex, ey] = shown ? area.place(end) : [0, 0];
      set(last, { cx: ex, cy: ey, visibility: shown ? "visible" : "hidden" });
      set(leave, { visibility: exit ? "visible" : "hidden" });
      if (exit) {
        const { at, angle, step: n } = exit;
        const { left, top, width, height } = area.area;
        write(words, fill(step, { n }));
        set(arrow, { transform: `translate(${at[0]} ${at[1]}) rotate(${(angle * 180) / Math.PI})` });
        const right = at[0] > left + width - 70;
        set(words, { x: at[0] + (right ? -10 : 10), y: clamp(at[1] + 4, top + 15, top + height - 8), "text-anchor": right ? "end" : "start" });
      }
      handle.place(area.place(x[0]), area.box);
    },
  };
}

/** Whether a method has a β. */
const usesBeta = (/** @type {string} */ method) => method !== "gd";

/** @param {any} context */
function mount({ model, labels, initial, change, say }) {
  const methods = model.get("methods");
  const steep = model.get("steepest");
  const steps = model.get("steps");
  const names = methods.map((/** @type {string} */ m) => labels[`method.${m}`]);
  const colours = methods.map((/** @type {string} */ m) => `var(--${m})`);
  let half = WINDOW;
  let width = 0;

  const point = {
    label: labels["explore.start"],
    step: [0.1, 0.1],
    get: () => model.get("start"),
    put: (/** @type {number[]} */ p) => change({ start: p.map((v, i) => Number(clamp(clamp(v, -half[i], half[i]), ...state.start).toFixed(3))) }),
    home: () => change({ start: initial.start }),
    text: (/** @type {number[]} */ p) => p.map((v, i) => `${AXES[i]} = ${num(v, { maximumFractionDigits: 2 })}`).join(", "),
  };
  const panels = methods.map((/** @type {string} */ _, /** @type {number} */ i) => panel({ title: names[i], colour: colours[i], point }));
  const told = methods.map(() => make("p", { class: "status" }));
  // JupyterLab rounds what stands beside its sliders to their step; here it stands in full.
  const given = methods.map(() => make("small"));
  const chart = plot({ label: labels["ravine.loss"], log: [false, true], whole: [true, true] });
  const curves = colours.map((/** @type {string} */ c, /** @type {number} */ i) => curve(c, { dash: DASHES[methods[i]] }));
  chart.marks.append(...curves.map((/** @type {any} */ c) => c.node));

  const both = methods.some(usesBeta);
  const lamsOf = (/** @type {number} */ kappa) => [steep / kappa, steep];
  const best = () => optimum(steep / model.get("kappa"), steep);
  const settings = [
    { name: "diverging", values: () => ({ eta: 2.4 / steep }), on: 2.4 / steep <= 1 },
    { name: "best_gd", values: () => ({ eta: best().gd }), on: methods.includes("gd") && 2 / steep <= 1 },
    { name: "best_momentum", values: () => ({ eta: best().eta, beta: Math.min(best().beta, 0.99) }), on: both && 4 / steep <= 1 },
  ].filter((p) => p.on).map((p) => ({ ...p, text: labels[`ravine.preset.${p.name}`] }));
  const bar = presets({ labels, initial, change }, settings, labels["ravine.hint"]);

  const grid = make("div", { class: "panels" }, ...panels.map((/** @type {any} */ p, /** @type {number} */ i) =>
    make("div", {}, head(names[i], { colour: colours[i], beside: [given[i]] }), p.node, told[i])));
  const below = make("div", { class: "below" },
    head(labels["ravine.loss"], { beside: [...(methods.length > 1 ? colours.map((/** @type {string} */ c, /** @type {number} */ i) => key(names[i], c, DASHES[methods[i]])) : []), make("small", {}, labels["ravine.log"])] }),
    chart.node);

  const layout = (/** @type {number} */ w) => {
    width = w;
    const columns = w < 620 ? 1 : Math.min(methods.length, w < 700 ? 2 : 3);
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const each = (w - 24 * (columns - 1)) / columns;
    panels.forEach((/** @type {any} */ p) => p.layout(each, half));
    // Room for the longest sentence, so that nothing below it jumps while a slider moves.
    told.forEach((/** @type {HTMLElement} */ p) => { p.style.minHeight = each < 270 ? "6em" : each < 340 ? "4.5em" : "3em"; });
    const top = Math.ceil(Math.log10(loss(half, [steep, steep]))) + 1;
    chart.layout(w, 150, [[0, steps], [top - 9, top]]);
  };

  return {
    nodes: [bar, grid, below],
    layout,
    draw({ eta, beta, kappa, start }) {
      const grown = WINDOW.map((h, i) => (Math.abs(start[i]) > h ? Math.abs(start[i]) * 1.2 : h));
      if (grown.some((h, i) => h !== half[i])) {
        half = grown;
        layout(width);
      }
      const lams = lamsOf(kappa);
      methods.forEach((/** @type {string} */ method, /** @type {number} */ i) => {
        const setting = { eta, beta: usesBeta(method) ? beta : 0, lams, start, steps, lookahead: method === "nesterov" };
        const { x } = trajectory(setting);
        after(told[i], () => {
          write(given[i], setup(usesBeta(method) ? { eta, beta } : { eta }));
          write(told[i], sentence(labels, setting, x));
        });
        panels[i].draw(x, lams, labels["explore.step"]);
        curves[i].draw(x.map((p, t) => [t, log10(loss(p, lams), chart.box[1][0])]), chart);
      });
      after(told, () => say(told.map((/** @type {Element} */ p, /** @type {number} */ i) => `${names[i]}: ${p.textContent}`).join(" ")));
    },
  };
}

const render = explorable({ state, rebuild: ["methods", "steps", "steepest"], mount });

export { loss, rate, roots, trajectory };
export default { render };
