// Where the site is, which languages it has, and which of them the reader wants.
(() => {
  "use strict";
  const tags = JSON.parse(document.getElementById("tags").textContent);
  try {
    const theme = localStorage.getItem("theme");
    if (localStorage.getItem("mode") !== "auto" && (theme === "dark" || theme === "light")) document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden.
  }

  const base = (tag) => tag.split("-")[0].toLowerCase();
  const asked = location.pathname.split("/");
  const wished = (navigator.languages || []).map((wish) => Object.keys(tags).find((key) => base(tags[key]) === base(wish)));
  const language = [...asked].reverse().find((part) => Object.hasOwn(tags, part)) || wished.find(Boolean) || Object.keys(tags)[0];
  const section = document.querySelector(`section[data-language="${CSS.escape(language)}"]`);
  section.classList.add("first");
  document.querySelector("section").before(section);
  document.documentElement.lang = tags[language];
  document.title = section.dataset.title;

  // The links are relative to the top of the site. A published address needs no search, and a file
  // cannot ask what is there.
  const links = [...document.querySelectorAll("a")].map((link) => [link, link.getAttribute("href")]);
  if (/^https?:/.test(links[0][1])) return;
  const lead = (top) => {
    for (const [link, target] of links) link.href = top + target;
  };
  const place = asked.findLastIndex((part) => Object.hasOwn(tags, part));
  const above = asked.slice(1, -1).map((_, i) => `${asked.slice(0, i + 2).join("/")}/`).reverse();
  lead(place > 0 ? `${asked.slice(0, place).join("/")}/` : (above.at(-1) ?? "/"));
  if (location.protocol === "file:") return;
  (async () => {
    const own = `${Object.keys(tags)[0]}/`;
    for (const top of [...above, "/"]) {
      const answer = await fetch(top + own + links[0][1].split("/").pop(), { method: "HEAD" }).catch(() => null);
      if (answer?.ok) return lead(top);
    }
  })();
})();
