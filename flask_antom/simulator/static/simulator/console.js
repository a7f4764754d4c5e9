/* Keeps the lists of the console up to date, except where somebody is at work. */
(function () {
  "use strict";

  function isBusy(section) {
    return section.contains(document.activeElement) || section.matches(":hover");
  }

  function refresh() {
    if (document.hidden) return;
    fetch(location.pathname).then(function (answer) {
      return answer.text();
    }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, "text/html");
      document.querySelectorAll("[data-live]").forEach(function (section) {
        var newer = fresh.querySelector('[data-live="' + section.dataset.live + '"]');
        if (newer && !isBusy(section)) section.replaceWith(newer);
      });
    }).catch(function () {
      /* The simulator was stopped; the page shows what it last knew. */
    });
  }

  setInterval(refresh, 2000);
})();
