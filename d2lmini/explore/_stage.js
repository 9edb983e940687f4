// The frame of an explorable: its styles, its place in the page, and how a change of the model
// becomes a picture: laid out at every change of width, drawn at most once a frame. Colours are CSS
// variables: the book's (--mm-*), or the fallbacks below in JupyterLab, Colab and VS Code.
// A grip is display:block because touch-action does not apply to inline boxes, which SVG's are.
import { draw, settle } from "./_after.js";
import { make } from "./_figure.js";

const LIGHT = "--ink:var(--mm-ink,#1f2937);--muted:var(--mm-muted,#6b7280);--grid:var(--mm-grid,#d1d5db);--contour:var(--mm-contour,#9aa5b1);--paper:var(--mm-paper,#fff);--gd:var(--mm-gd,#c2410c);--momentum:var(--mm-momentum,#1d4ed8);--nesterov:var(--mm-nesterov,#047857);--accent:var(--mm-accent,#a21caf)";
const DARK = "--ink:var(--mm-ink,#e5e7eb);--muted:var(--mm-muted,#9ca3af);--grid:var(--mm-grid,#374151);--contour:var(--mm-contour,#5b6675);--paper:var(--mm-paper,#111418);--gd:var(--mm-gd,#fb923c);--momentum:var(--mm-momentum,#60a5fa);--nesterov:var(--mm-nesterov,#34d399);--accent:var(--mm-accent,#e879f9)";
const CSS = `
.mmx{${LIGHT};color:var(--ink);font-size:.875rem;line-height:1.45;width:100%;min-width:0;box-sizing:border-box;padding:.25rem 0;contain:layout style}
html[data-theme=dark] .mmx,body[data-jp-theme-light=false] .mmx{${DARK}}
@media (prefers-color-scheme:dark){html:not([data-theme]) body:not([data-jp-theme-light]) .mmx{${DARK}}}
@media (forced-colors:active){.mmx .choice [aria-pressed=true] span{background:Highlight;color:HighlightText;forced-color-adjust:none}.mmx.mmx{--ink:CanvasText;--muted:CanvasText;--grid:GrayText;--contour:GrayText;--paper:Canvas;--gd:LinkText;--momentum:Highlight;--nesterov:VisitedText;--accent:Highlight}}
.mmx *{box-sizing:border-box}
.mmx svg{display:block;overflow:visible;max-width:100%;font:inherit;font-size:12px;user-select:none;-webkit-user-select:none}
.mmx text{fill:var(--muted);font-variant-numeric:tabular-nums}
.mmx .var{font-style:italic;font-family:"STIX Two Math","Times New Roman",serif;font-size:15px;fill:var(--ink)}
.mmx .halo{font-weight:600}
.mmx :is(.halo,.tag){paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round;fill:var(--ink)}
.mmx .tag{font-size:11px;font-weight:600}
.mmx p{margin:0;font-size:.875rem;line-height:1.45}
.mmx .bar{display:flex;flex-wrap:wrap;align-items:center;margin:0 -.25rem .5rem}
.mmx .bar small{color:var(--muted);padding:0 .375rem}
.mmx button{font:inherit;font-size:.8125rem;color:var(--ink);background:none;border:0;padding:.25rem;min-height:44px;min-width:44px;cursor:pointer;touch-action:manipulation}
.mmx button span{display:block;border:1px solid var(--grid);border-radius:999px;padding:.25rem .625rem}
.mmx button:hover span{border-color:var(--muted)}
.mmx button:focus-visible{outline:0}
.mmx button:focus-visible span{outline:2px solid var(--accent);outline-offset:2px}
.mmx select{font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--grid);border-radius:6px;min-height:44px;max-width:100%;margin:0 1rem 0 0;padding:0 .5rem}
.mmx select:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.mmx .head{display:flex;flex-wrap:wrap;gap:0 1rem;align-items:baseline;margin-bottom:.375rem;font-weight:600}
.mmx .head small{font-weight:400;font-size:.8125rem;color:var(--muted)}
.mmx .swatch{display:inline-block;vertical-align:middle;margin:-2px .5em 0 0}
.mmx .panels{display:grid;gap:1.5rem}
.mmx .panels>div{display:grid;grid-row:span 3;grid-template-rows:subgrid;gap:0;min-width:0}
.mmx .panels .head{align-content:end}
.mmx .status{margin-top:.5rem;font-variant-numeric:tabular-nums}
.mmx .beside .status,.mmx .beside+.status{min-height:3em}
.mmx .below{margin-top:1.25rem}
.mmx .layer{position:relative}
.mmx .layer canvas{position:absolute;pointer-events:none}
.mmx .layer svg{position:relative}
.mmx .choice{display:inline-flex;flex-wrap:wrap;align-items:center;margin-inline-end:.75rem}
.mmx .choice b{font-weight:400;color:var(--muted);font-size:.8125rem;padding:0 .375rem}
.mmx .choice [aria-pressed=true] span{background:var(--ink);border-color:var(--ink);color:var(--paper)}
.mmx dl{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.5rem 0 0}
.mmx dl div{flex:0 1 auto;min-width:3.5rem}
.mmx dt{font-size:.8125rem;font-weight:400;color:var(--muted);margin:0}
.mmx dd{margin:0;font-size:1.0625rem;font-variant-numeric:tabular-nums;min-height:1.5em}
.mmx table{width:100%;margin:.75rem 0 0;border-collapse:collapse;border:0;background:none;font-size:.875rem;font-variant-numeric:tabular-nums}
.mmx tr{background:none}
.mmx :is(th,td){padding:.3rem .75rem .3rem 0;border:0;border-top:1px solid var(--grid);font-weight:400;text-align:start;vertical-align:baseline;color:var(--ink)}
.mmx thead :is(th,td){border:0;font-size:.8125rem;color:var(--muted);vertical-align:bottom}
.mmx.narrow :is(th,td){padding-inline-end:.3rem;font-size:.75rem}
.mmx.narrow thead :is(th,td){font-size:.6875rem}
.mmx .beside{display:grid;gap:0 20px;align-items:end;grid-template-columns:minmax(0,1fr) 240px}
.mmx.narrow .beside{grid-template-columns:minmax(0,1fr)}
.mmx .beside table{margin:0 0 26px;font-size:12px}
.mmx .beside :is(th,td){height:20px;padding:0 3px;border:0;text-align:end;font-size:12px;line-height:20px;white-space:nowrap}
.mmx .beside thead :is(th,td){font-size:12px;color:var(--ink);vertical-align:baseline}
.mmx .on{background:color-mix(in srgb,var(--accent) 16%,transparent)}
.mmx .end{margin-inline-start:auto;padding:0 .25rem;font-size:.8125rem;color:var(--muted)}
.mmx .quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.mmx .grip{display:block;cursor:grab;touch-action:none;outline:0}
.mmx .grip:active{cursor:grabbing}
.mmx .grip .ring{opacity:0}
.mmx .grip:focus-visible .ring,.mmx .grip:hover .ring{opacity:1}
`;

/**
 * @typedef {Object<string, any>} Values
 * @typedef {{
 *   model: any, labels: Object<string, string>, initial: Values,
 *   change: (values: Values) => void, say: (text: string) => void,
 *   colour: (name: string) => string,
 * }} Context
 * @typedef {{nodes: Node[], layout: (width: number) => void, draw: (values: Values) => void,
 *   close?: () => void}} Picture
 */

/**
 * Make the render function of an explorable.
 *
 * `state` has what a link to a setting holds: by trait the range of its numbers, [low, high] or
 * [low, high, step], or the list of words which it may be. A change of one of them draws anew; a
 * change of the traits in `rebuild` (and of the labels) builds everything anew. `mount` builds the
 * picture: `layout` is called with the width, before the first `draw` and whenever it changes;
 * `draw` with the present values of `state`, at most once a frame; `close`, if there is one, when
 * the picture goes.
 * @param {{state: Object<string, any[]>, rebuild?: string[], mount: (context: Context) => Picture}} options
 * @returns {(view: {model: any, el: HTMLElement}) => () => void}
 */
export function explorable({ state, rebuild = [], mount }) {
  const keys = Object.keys(state);
  const now = (/** @type {any} */ model) => Object.fromEntries(keys.map((key) => [key, model.get(key)]));
  return ({ model, el }) => {
    const initial = now(model);
    const change = (/** @type {Values} */ values) => {
      for (const [key, value] of Object.entries(values)) model.set(key, value);
      model.save_changes();
    };
    const build = () => {
      const place = stage(el, () => now(model));
      const context = { model, labels: model.get("labels"), initial, change, say: place.say, colour: place.colour };
      try {
        place.show(mount(context));
      } catch (error) {
        place.close();
        throw error;
      }
      keys.forEach((key) => model.on(`change:${key}`, place.redraw));
      return () => {
        keys.forEach((key) => model.off(`change:${key}`, place.redraw));
        place.close();
      };
    };
    let close = build();
    const again = () => {
      close();
      close = build();
    };
    const parts = ["labels", ...rebuild];
    parts.forEach((key) => model.on(`change:${key}`, again));
    return () => {
      parts.forEach((key) => model.off(`change:${key}`, again));
      close();
    };
  };
}

/** @type {CSSStyleSheet | undefined} */
let dressing;

/**
 * Give the styles to a document, or to the shadow root which the figure stands in: not as an element,
 * for a page whose policy allows no style sheet but files of its own would drop it.
 * @param {Node} place
 */
function adopt(place) {
  if (!dressing) {
    dressing = new CSSStyleSheet();
    dressing.replaceSync(CSS);
  }
  // A figure that is not in the page yet has itself for a root.
  const scope = place instanceof ShadowRoot ? place : document;
  if (!scope.adoptedStyleSheets.includes(dressing)) scope.adoptedStyleSheets = [...scope.adoptedStyleSheets, dressing];
}

/**
 * A root with the styles and a live region.
 * @param {HTMLElement} el
 * @param {() => Values} values
 */
function stage(el, values) {
  const live = make("div", { class: "quiet", role: "status", "aria-live": "polite" });
  const root = make("div", { class: "mmx" }, live);
  adopt(el.getRootNode());
  const known = new Map();
  /** @type {Picture | undefined} */
  let picture;
  let [width, frame, timer, asked] = [0, 0, 0, false];
  const redraw = () => {
    if (asked) return;
    asked = true;
    frame = draw(() => {
      asked = false;
      if (width) picture?.draw(values());
    });
  };
  const fit = () => {
    const now = Math.floor(root.clientWidth);
    if (!now || now === width || !picture) return;
    width = now;
    root.classList.toggle("narrow", width < 480);
    picture.layout(width);
    picture.draw(values());
    settle();
  };
  // Canvases do not follow the theme by themselves.
  const repaint = () => {
    known.clear();
    redraw();
  };
  const size = new ResizeObserver(fit);
  const theme = new MutationObserver(repaint);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  return {
    redraw,
    /** @param {Picture} made */
    show(made) {
      picture = made;
      root.append(...made.nodes);
      el.append(root);
      size.observe(root);
      theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
      theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
      scheme.addEventListener("change", repaint);
      // The first picture need not wait for the observer where the place is known already.
      queueMicrotask(fit);
    },
    // A drag changes the words many times a second: they are read out when it rests.
    say(/** @type {string} */ text) {
      clearTimeout(timer);
      timer = setTimeout(() => { if (live.textContent !== text) live.textContent = text; }, 600);
    },
    /** The present value of one of the colours: "gd", "ink", …; for canvases. */
    colour(/** @type {string} */ name) {
      if (!known.has(name)) known.set(name, getComputedStyle(root).getPropertyValue(`--${name}`).trim());
      return known.get(name);
    },
    close() {
      size.disconnect();
      theme.disconnect();
      scheme.removeEventListener("change", repaint);
      picture?.close?.();
      picture = undefined;
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      root.remove();
    },
  };
}
