// The map of the rate of momentum over learning rate and momentum, and what happens at one point of
// it: the paths along the flattest and the steepest direction, and the roots of both.
import { after } from "./_after.js";
import { layer, rgb } from "./_canvas.js";
import { facts, head, key, presets } from "./_controls.js";
import { optimum, trajectory } from "./_descent.js";
import { DIRECTIONS, columns, pathCard, rho, rootPlane, setting, slowest } from "./_direction.js";
import { clamp, fill, make, num, set, tenth, write } from "./_figure.js";
import { grip, pointerIn } from "./_grip.js";
import { curve, plot } from "./_plot.js";
import { explorable } from "./_stage.js";

/** What a link to a setting holds, and the range of each number. */
export const state = { eta: [0, 1.1], beta: [0, 0.99], kappa: [1, 1000] };

const STEEPEST = 4;
const STEPS = 30;
const LEVELS = [0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2];
const SHADES = 30;
const LAMS = ["λ₁", "λₙ"];

/** The smallest and the largest eigenvalue. */
const spectrum = (/** @type {number} */ kappa) => [STEEPEST / kappa, STEEPEST];

/**
 * The corners of the settings (η, β) whose rate is at most r, with 0 < r ≤ 1; none if there are no
 * such settings. The borders are straight: √β ≤ r, and |1 + β − ηλ| ≤ r + β/r at both ends of the
 * spectrum, so that all others are in between.
 * @param {number} r
 * @param {number[]} lams
 * @returns {number[][]}
 */
export function basin(r, [low, high]) {
  const q = (high - low) / (high + low);
  const top = r * r;
  const bottom = q > r ? (r * (q - r)) / (1 - q * r) : 0; // where the two sides meet
  if (bottom > top) return [];
  const left = (/** @type {number} */ b) => [(1 + b - r - b / r) / low, b];
  const right = (/** @type {number} */ b) => [(1 + b + r + b / r) / high, b];
  return [left(top), left(bottom), right(bottom), right(top)];
}

/** The map: heat, contours, curves of critical damping, and the point. */
function chart(/** @type {any} */ { model, labels, initial, change, colour }) {
  const area = plot({ label: labels["stability.map"], role: "group", framed: true });
  const heat = layer(area);
  const rings = make("svg:path", { fill: "none", stroke: "var(--contour)" });
  const damped = DIRECTIONS.map(({ ink, dash }) => curve(ink, { dash, width: 2, dots: 0 }));
  const border = curve("var(--gd)", { width: 3, dots: 0 });
  const words = make("svg:g", { "pointer-events": "none" });
  const readout = make("svg:text", { class: "halo", "pointer-events": "none", style: "fill:var(--ink)" });
  area.marks.append(rings, ...damped.map((c) => c.node));
  let lams = [0, 0];
  let best = optimum(1, 1);
  let painted = "";

  // Near the star, and the best of gradient descent, a pointer means these.
  const aim = (/** @type {number} */ x, /** @type {number} */ y) =>
    [[best.eta, best.beta], [best.gd, 0]].find((p) => Math.hypot(area.place(p)[0] - x, area.place(p)[1] - y) < 9) ?? area.toData(x, y).map((v) => Number(v.toFixed(3)));
  const put = (/** @type {number[]} */ p) => {
    const [eta, beta] = p.map((v) => Number(v.toFixed(12)));
    change({ eta: clamp(eta, ...state.eta), beta: clamp(beta, ...state.beta) });
  };
  const handle = grip({
    label: labels["stability.point"], colour: "var(--momentum)", step: [0.01, 0.01], toData: aim,
    get: () => [model.get("eta"), model.get("beta")],
    put,
    home: () => change({ eta: initial.eta, beta: initial.beta }),
    text: ([eta, beta]) => `${setting(eta, beta)}, ${rho(slowest(lams, eta, beta))}`,
  });
  area.over.append(border.node, words, readout, handle.node);
  /** Where a pointer is, unless it is beside the map. */
  const at = (/** @type {MouseEvent} */ e) => {
    const p = pointerIn(area.node, e);
    return area.toData(p[0], p[1]).every((v, i) => v >= 0 && v <= area.box[i][1]) && p;
  };
  set(area.node, {
    onclick: (/** @type {MouseEvent} */ e) => {
      const p = at(e);
      if (p && !handle.node.contains(/** @type {Node} */ (e.target))) put(aim(p[0], p[1]));
    },
    onpointermove: (/** @type {PointerEvent} */ e) => {
      const p = e.pointerType === "mouse" && !e.buttons && at(e);
      const [x, y] = p || [0, 0];
      readout.textContent = p ? rho(slowest(lams, ...area.toData(x, y))) : "";
      set(readout, { x: Math.min(x + 14, area.area.left + area.area.width - 72), y: Math.max(y - 10, 22) });
    },
    onpointerleave: () => { readout.textContent = ""; },
  });

  /** Everything that does not depend on the point. */
  function background() {
    const path = (/** @type {number[][]} */ points) => `M${points.map((p) => area.place(p).map(tenth)).join("L")}Z`;
    const { left, top, width, height } = area.area;
    const [paper, ink] = [rgb(colour("paper")), rgb(colour("momentum"))];
    heat.paint((pen) => {
      pen.strokeStyle = colour("gd");
      pen.globalAlpha = 0.35;
      pen.beginPath();
      for (let x = left - height; x < left + width; x += 9) {
        pen.moveTo(x, top);
        pen.lineTo(x + height, top + height);
      }
      pen.stroke();
      pen.globalAlpha = 1;
      // Equal steps of log ρ. Each shade is a ring: the next but one is painted over it.
      const least = Math.max(Math.sqrt(best.beta), 0.3);
      const shades = Array.from({ length: SHADES }, (_, k) => path(basin(least ** (k / SHADES), lams)));
      shades.forEach((shade, k) => {
        pen.fillStyle = `rgb(${paper.map((v, i) => v + (0.07 + 0.55 * (k / SHADES) ** 0.8) * (ink[i] - v))})`;
        pen.fill(new Path2D(shade + (shades[k + 2] ?? "")), "evenodd");
      });
    });
    const shown = LEVELS.map((r) => basin(r, lams)).filter((p) => p.length);
    set(rings, { d: shown.map(path).join("") });
    border.draw([[0, 0], [2 / STEEPEST, 0], [1, 1]], area);
    // β = (1 − √(ηλ))² is a parabola in √η; it ends where the steepest direction diverges.
    damped.forEach((c, i) => {
      const points = Array.from({ length: 101 }, (_, k) => [(k / 100) ** 2, (1 - (k / 100) * Math.sqrt(lams[i])) ** 2]);
      c.draw(points.filter(([eta, beta]) => eta * STEEPEST <= 2 * (1 + beta)), area);
    });

    const label = (/** @type {string} */ text, /** @type {number[]} */ [x, y], /** @type {number} */ dx, /** @type {number} */ dy, anchor = "middle", name = "", ink = "ink") =>
      make("svg:text", { x: x + dx, y: y + dy, "text-anchor": anchor, class: name, style: `fill:var(--${ink})` }, text);
    const star = area.place([best.eta, best.beta]);
    let last = top + 16;
    const parts = [
      label("η", area.place([0.75, 0]), 0, 19, "middle", "var"),
      label("β", area.place([0, 0.9]), -18, 5, "middle", "var"),
      label(best.beta > 0.05 ? "▼" : "", area.place([best.gd, 0]), 0, -3, "middle", "halo", "gd"),
      label(best.beta < 0.7 ? labels["stability.slow"] : "", area.place([0.5, 1]), 0, 16),
      label(`${labels["method.gd"]}${width > 350 ? ", β = 0" : ""}`, area.place([2 / STEEPEST, 0]), 10, -8, "start", "halo", "gd"),
      label(labels["explore.regime.diverges"], area.place([0.87, 0.12]), 0, 0, "middle", "halo", "gd"),
    ];
    // The rate of a contour stands below its top, where there is room.
    for (const [from, , , to] of shown) {
      const p = area.place([(from[0] + to[0]) / 2, from[1]]);
      if (p[1] < last + 16 || p[1] > star[1] - 30) continue;
      last = p[1];
      parts.push(label(num(Math.sqrt(from[1])), p, 0, 12));
    }
    const side = star[0] > left + 0.65 * width || best.beta < 0.2 ? -1 : 1;
    const mark = label("★", star, 0, 8, "middle", "halo");
    mark.style.fontSize = "24px";
    parts.push(mark, label(rho(Math.sqrt(best.beta)), star, 14 * side, star[1] > top + height - 20 ? -14 : 4, side < 0 ? "end" : "start", "halo"));
    words.replaceChildren(...parts);
  }

  return {
    node: heat.node,
    layout(/** @type {number} */ width, /** @type {number} */ height) {
      area.layout(width, height, [state.eta, [0, 1]]);
      painted = "";
    },
    draw(/** @type {any} */ { eta, beta, kappa }) {
      const now = `${kappa}${colour("paper")}${colour("momentum")}`;
      if (now !== painted) {
        painted = now;
        lams = spectrum(kappa);
        best = optimum(lams[0], lams[1]);
        background();
      }
      handle.place(area.place([eta, beta]), area.box);
    },
  };
}

/** @param {any} context */
function mount(context) {
  const { model, labels, say } = context;
  const map = chart(context);
  const plane = rootPlane(labels["stability.roots"]);
  const cards = LAMS.map((lam, i) => pathCard(labels, { label: labels["stability.path"], lam: `x${lam[1]}, ${lam}`, steps: STEPS, i }));
  const told = make("p", { class: "status" });
  const numbers = facts([`★ ${labels["stability.best"]}`, `▼ ${labels["stability.best_gd"]}`]);
  const top = () => optimum(STEEPEST / model.get("kappa"), STEEPEST);
  const bar = presets(context, [
    ["best_gd", () => ({ eta: top().gd, beta: 0 })],
    ["best", () => ({ eta: top().eta, beta: top().beta })],
    ["large", () => ({ eta: top().eta, beta: 0.95 })],
    ["diverging", { eta: 0.6, beta: 0.1 }],
  ].map(([name, values]) => ({ name, values, text: labels[`stability.${name}`] })), labels["stability.hint"]);
  const keys = DIRECTIONS.map(({ ink, dash }, i) => key(fill(labels["stability.critical"], { lam: LAMS[i] }), ink, dash));
  const grid = columns(
    [head(labels["stability.map"], { beside: [make("small", {}, labels["stability.shade"]), ...keys] }), map.node],
    [head(labels["stability.roots"], { beside: [key(labels["stability.between"], "var(--contour)")] }), plane.node, ...cards.flatMap((c) => c.nodes)]);

  return {
    nodes: [bar, grid.node, numbers.node, told],
    layout(/** @type {number} */ w) {
      const [wide, each] = grid.layout(w);
      map.layout(wide, clamp(wide * 0.95, 300, 440));
      plane.layout(each, clamp(each * 0.6, 170, 190));
      cards.forEach((c) => c.layout(each, 104));
      told.style.minHeight = w < 480 ? "6em" : "3em";
    },
    draw(/** @type {any} */ values) {
      const { eta, beta, kappa } = values;
      const lams = spectrum(kappa);
      map.draw(values);
      plane.draw(lams, eta, beta);
      const { x } = trajectory({ lams, start: [1, 1], eta, beta, steps: STEPS });
      const words = cards.map((c, i) => c.draw(x.map((point) => point[i]), lams[i], eta, beta));
      after(told, () => {
        const best = top();
        const [fastest, worst] = [Math.sqrt(best.beta), slowest(lams, eta, beta)];
        numbers.draw([[fastest, best.eta, best.beta], [slowest(lams, best.gd, 0), best.gd, 0]].map(([r, e, b]) => `${rho(r, 4)} (${setting(e, b)})`));
        const steps = (/** @type {number} */ r) => num(Math.max(1, Math.log(0.01) / Math.log(r)), { maximumSignificantDigits: 2 });
        const kind = eta === 0 ? "still" : Math.abs(worst - 1) < 1e-9 ? "swings" : worst > 1 ? "diverges" : "converges";
        write(told, `${setting(eta, beta)}: ${fill(labels[`stability.${kind}`], { rate: rho(worst).slice(4), steps: steps(worst), best: steps(fastest) })}`);
        say(`${told.textContent} ${words.map((word) => word()).join("; ")}`);
      });
    },
  };
}

const render = explorable({ state, mount });

export default { render };
