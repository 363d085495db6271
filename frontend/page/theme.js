// The two choices that must be known before the first paint. The application writes them, see src/browser.rs.
(function () {
  try {
    var root = document.documentElement;
    var theme = localStorage.getItem("cabready.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    var lang = localStorage.getItem("cabready.lang");
    if (lang === "fr" || lang === "en") root.lang = lang;
    if (localStorage.getItem("cabready.rail") === "narrow") root.dataset.rail = "narrow";
    if (localStorage.getItem("cabready.density") === "compact") root.dataset.density = "compact";
  } catch (_) {
    // Storage can be forbidden by the browser: the defaults are fine.
  }
})();
