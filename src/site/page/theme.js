// Dark and light: the reader's system decides until they do.

const themeListeners = [];

function storedTheme() {
  try { return localStorage.getItem("theme"); } catch { return null; }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try { localStorage.setItem("theme", theme); } catch { /* a page from a file may keep nothing */ }
  themeListeners.forEach((listener) => listener());
}

function switchTheme() {
  setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
}

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
document.documentElement.dataset.theme = storedTheme() ?? (prefersDark.matches ? "dark" : "light");
prefersDark.addEventListener("change", () => {
  if (storedTheme()) return;
  document.documentElement.dataset.theme = prefersDark.matches ? "dark" : "light";
  themeListeners.forEach((listener) => listener());
});
document.getElementById("theme").addEventListener("click", switchTheme);
