// The weights of past gradients, a pile of bars on a triangle that one drags: where it stands is
// their mean age, and β follows. Beside the bars two boxes of the same area: as many full weights
// as they add up to, and the equal weights of the ordinary average with the same noise.
import { after } from "./_after.js";
import { choice, facts, head, presets } from "./_controls.js";
import { clamp, fill, fixed, make, num, prose, set, shifted, swatch, tenth, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { plot, pointing } from "./_plot.js";
import { explorable } from "./_stage.js";

/** What a link to a setting holds. */
export const state = { beta: [0, 0.999], bars: [10, 200, 1], scale: ["raw", "normalised"], age: [0, 199, 1] };

/**
 * What the weights βᵏ, k = 0, 1, 2, …, amount to.
 * @param {number} beta
 * @returns {{sum: number, samples: number, age: number}} their sum, the number of equally weighted
 *   values whose average has the same variance, and the mean of k
 */
export function sizes(beta) {
  const left = 1 - beta;
  return { sum: 1 / left, samples: (1 + beta) / left, age: beta / left };
}

/** The β with which the weights have a given mean age. */
export const memory = (/** @type {number} */ age) => age / (1 + age);

/**
 * The weights of the newest `count` gradients.
 * @param {number} beta
 * @param {number} count
 * @param {boolean} normalised whether all of them, seen or not, add up to 1
 * @returns {number[]}
 */
export function weights(beta, count, normalised) {
  const first = normalised ? 1 - beta : 1;
  return Array.from({ length: count }, (_, k) => first * beta ** k);
}

/** The share of the weights that lies beyond the newest `count`. */
export const unseen = (/** @type {number} */ beta, /** @type {number} */ count) => beta ** count;

const TOPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
const UNDER = 36; // pixels between the axis and its labels, where the triangle stands
const [TAG, BAR_TAG] = [128, 108]; // and those which texts beside the boxes and a bar need

const two = (/** @type {number} */ v) => num(v, { maximumSignificantDigits: 2 });
const shape = (/** @type {Object<string, any>} */ look, /** @type {Object<string, any>} */ size = {}) =>
  make("svg:svg", { class: "swatch", width: 14, height: 12, "aria-hidden": "true", ...size }, make("svg:path", look));

const FULL = { fill: "var(--contour)", "fill-opacity": 0.3, stroke: "var(--muted)", "stroke-width": 1.25 };

/** @param {any} context */
function mount({ model, labels, initial, change, say }) {
  const area = plot({ label: labels["weights.title"], role: "group", whole: [true, false], below: UNDER });
  const full = make("svg:path", FULL);
  const others = make("svg:path", { fill: "var(--momentum)" });
  const chosen = make("svg:path", { fill: "var(--ink)" });
  const same = make("svg:path", { fill: "none", stroke: "var(--ink)", "stroke-width": 1.75, "stroke-dasharray": "5 4" });
  const plank = make("svg:path", { stroke: "var(--ink)", "stroke-width": 3, "stroke-linecap": "round" });
  const [fullTag, sameTag, agePart, meanTag, rest] = Array.from({ length: 5 }, () => make("svg:text", { class: "halo", "pointer-events": "none" }));

  /** Bring the balance point to an age, as near as a pointer can mean it. */
  const lean = (/** @type {number} */ age) => change({ beta: Number(memory(clamp(age, 0, 999)).toFixed(6)) });
  const aim = (/** @type {number} */ age) => {
    const unit = area.area.width / model.get("bars");
    const grain = [0.2, 0.5].find((g) => g * unit >= 2) ?? 1;
    return clamp(Math.round(age / grain) * grain, 0, model.get("bars") - 1);
  };
  const pick = (/** @type {number} */ k) => change({ age: Math.round(clamp(k, 0, model.get("bars") - 1)) });
  const balance = grip({
    label: labels["weights.mean_age"],
    colour: "var(--accent)",
    step: [1, 0],
    get: () => [sizes(model.get("beta")).age, 0],
    put: ([age]) => lean(age),
    home: () => change({ beta: initial.beta }),
    toData: (x, y) => [aim(area.toData(x, y)[0]), 0],
    text: ([age]) => `${num(age)}, β = ${num(model.get("beta"), { maximumSignificantDigits: 4 })}`,
  });
  const triangle = make("svg:path", { d: "M0-14L-15 11H15Z", stroke: "var(--accent)", "stroke-width": 1.5, "stroke-linejoin": "round" });
  balance.node.firstChild.after(triangle, make("svg:path", { d: "M-21-4l-6 6 6 6M21-4l6 6-6 6", fill: "none", stroke: "var(--accent)", "stroke-width": 2 }));
  const picked = grip({
    label: labels["weights.age"],
    colour: "var(--ink)",
    step: [1, 0],
    get: () => [model.get("age"), 0],
    put: ([k]) => pick(k),
    home: () => change({ age: initial.age }),
    toData: area.toData,
    text: ([k]) => `k = ${num(k)}`,
  });
  area.marks.append(full, others, chosen, same);
  area.over.append(plank, fullTag, sameTag, agePart, meanTag, rest, picked.node, balance.node);
  pointing(area, () => {}, ([x, y]) => (y < 0 ? lean(aim(x)) : pick(x)));

  const told = make("p", { class: "status" });
  const live = facts([
    [shape({ ...FULL, d: "M1 1H13V11H1Z" }), labels["weights.sum_fact"]],
    [swatch("var(--ink)", "5 4"), labels["weights.samples"]],
    [shape({ fill: "var(--accent)", d: "M7 1L0 12H14Z" }), labels["weights.mean_age"]],
  ]);
  const scale = choice({
    label: labels["weights.scale"],
    options: ["raw", "normalised"].map((word) => [word, labels[`weights.${word}`]]),
    put: (word) => change({ scale: word }),
  });
  const bar = presets({ labels, initial, change }, [[0.5, 40], [0.9, 40], [0.99, 200]].map(([beta, bars]) => ({ name: `${beta}`, text: `β = ${beta}`, values: { beta, bars } })), labels["weights.hint"]);
  bar.prepend(scale.node);
  let width = 0;

  return {
    nodes: [bar, head(labels["weights.title"], { beside: [make("small", {}, labels["weights.axis"])] }), area.node, live.node, told],
    layout(w) {
      width = w;
      told.style.minHeight = w < 480 ? "6em" : "3em";
    },
    draw({ beta, bars: count, scale: word, age }) {
      const all = weights(beta, count, word === "normalised");
      const { sum, samples, age: mean } = sizes(beta);
      // The bars keep their height in the picture; the axis tells how high that is.
      const top = TOPS.find((t) => t >= all[0] - 1e-12) ?? 1;
      area.layout(width, Math.round(clamp(width * 0.42, 220, 300)) + UNDER, [[-0.6, count - 0.4], [0, top * 1.15]]);
      const { left, width: inner } = area.area;
      const right = left + inner;
      const [px, floor] = area.place([0, 0]);
      const unit = area.place([1, 0])[0] - px;
      const half = Math.max(0.5, unit * 0.45);
      const bars = all.map((v, k) => `M${tenth(px + k * unit - half)} ${floor}V${Math.round(area.place([0, v])[1] * 100) / 100}h${tenth(2 * half)}V${floor}Z`);
      const k = Math.min(age, count - 1);
      set(chosen, { d: bars[k] });
      bars[k] = "";
      set(others, { d: bars.join("") });

      // Two boxes with the area of the bars: one as high as the newest, the other, of equal weights
      // whose average has the same variance, with the same balance point.
      const box = (/** @type {number} */ n) => {
        const [x, y] = area.place([n - 0.5, (all[0] * sum) / n]).map(tenth);
        return { x: Math.min(x, right + 9), y, d: `M${tenth(px - unit / 2)} ${floor}V${y}H${Math.min(x, right + 9)}V${floor}` };
      };
      const [high, low] = [sum, samples].map(box);
      set(full, { d: high.d });
      set(same, { d: low.d });
      set(plank, { d: `M${tenth(px - unit / 2)} ${floor + 1.5}H${right + 9}` });
      const bx = Math.min(area.place([mean, 0])[0], right);
      const beyond = mean > count - 0.4;
      set(triangle, { fill: beyond ? "var(--paper)" : "var(--accent)" });
      balance.place([bx, floor + 17], [[0, 999], [0, 0]]);
      const [kx, ky] = area.place([k, all[k]]);
      picked.place([kx, ky], [[0, count - 1], [0, top]]);

      // Each text stands to the right of its thing, or, where there is no room, before its end; those
      // of the boxes give way to that of the bar.
      const ay = ky - 4;
      const tag = (/** @type {Element} */ node, /** @type {number} */ x, /** @type {number} */ y, gap = 7, room = TAG, way = 0) => {
        const before = x + gap + room > right;
        const close = way && Math.abs(y - ay) < 14 && kx + BAR_TAG > (before ? x - room : x);
        set(node, { transform: shifted([x + (before ? -gap : gap), close ? ay + 15 * way : y]), "text-anchor": before ? "end" : "start" });
      };
      tag(agePart, kx, ay, 13, BAR_TAG - 13);
      tag(fullTag, Math.min(high.x, right), high.y - 7, 4, TAG, -1);
      tag(sameTag, Math.min(low.x, right), low.y + (low.x + TAG > right ? -6 : 4), 7, TAG, 1);
      tag(meanTag, bx, floor + 24, 32);
      set(rest, { transform: shifted([right, floor + UNDER + 17]), "text-anchor": "end" });

      after(told, () => {
        live.draw([sum, samples, mean].map((v) => num(v, fixed(v < 10 ? 2 : 1))));
        const total = all[0] * sum;
        const share = two((100 * all[k]) / total);
        const hidden = unseen(beta, count) > 0.005 && two(100 * unseen(beta, count));
        const percent = (/** @type {string} */ n) => fill(labels["explore.percent"], { n });
        for (const [tag, n] of /** @type {[Element, number][]} */ ([[fullTag, sum], [sameTag, samples]])) write(tag, `${num(n)} × ${num(total / n)} = ${num(total)}`);
        write(agePart, `k = ${k}: ${percent(share)}`);
        write(meanTag, `${fill(labels["weights.mean"], { age: num(mean) })}${beyond ? " →" : ""}`);
        write(rest, hidden ? `${percent(hidden)} →` : "");
        const sentence = prose(
          fill(labels["weights.told"], { age: k, weight: num(all[k]), share, newer: num(100 * (1 - unseen(beta, k))) }),
          hidden ? fill(labels["weights.unseen"], { share: hidden, count }) : "");
        write(told, sentence);
        scale.draw(word);
        say(`${sentence} ${labels["weights.sum_fact"]}: ${num(sum)}. ${labels["weights.samples"]}: ${num(samples)}. ${labels["weights.mean_age"]}: ${num(mean)}.`);
      });
    },
  };
}

const render = explorable({ state, mount });

export default { render };
