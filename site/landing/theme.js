// Before anything is drawn: the theme which the reader chose in the book.
try {
  const theme = localStorage.getItem("theme");
  const mode = localStorage.getItem("mode");
  if (mode !== "auto" && (theme === "dark" || theme === "light")) document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then it is the theme of the reader's system.
}
