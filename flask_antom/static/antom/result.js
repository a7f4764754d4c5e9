/* Flask-Antom: the result page asks on, until the payment has its final status.
 *
 * Every 2 s for the first minute, then ever more slowly; not while the tab is hidden.
 * News is shown by loading the page anew, so that its words are always the server's.
 * Turbo, htmx and routers bring the page and take it away without loading another: it
 * asks only while it is shown.
 */
(function () {
  'use strict';

  var FIRST = 2000; // ms
  var SLOWEST = 60000; // ms
  var QUICK_FOR = 60000; // ms
  var GROWTH = 1.5;
  var ANSWER = 30000; // ms

  var page = null; // What is shown, and names where to ask.
  var request = null; // Under way.
  var opened = 0;
  var pause = FIRST;
  var timer = 0;

  function look() {
    var shown = document.querySelector('[data-antom-status-url]');
    if (shown !== page) {
      stop();
      page = shown;
      opened = Date.now();
      pause = FIRST;
      askLater();
    }
  }

  function stop() {
    window.clearTimeout(timer);
    if (request) {
      request.abort();
      request = null;
    }
  }

  function ask() {
    window.clearTimeout(timer);
    request = new XMLHttpRequest();
    request.open('GET', page.getAttribute('data-antom-status-url'));
    request.timeout = ANSWER;
    request.setRequestHeader('Accept', 'application/json');
    request.onload = function () {
      if (isNews(this.status, this.responseText)) {
        window.location.reload();
      } else {
        goOn();
      }
    };
    request.onerror = request.ontimeout = goOn;
    request.send();
  }

  function goOn() {
    request = null;
    askLater();
  }

  function isNews(code, text) {
    try {
      var answer = JSON.parse(text);
      if (code !== 200) {
        return code === 404 && answer.code === 'payment_not_found';
      }
      return answer.status !== page.getAttribute('data-antom-status') ||
        answer.final && !isFinal();
    } catch (error) {
      return false;
    }
  }

  // A payment that failed may have been paid since.
  function isFinal() {
    return page.hasAttribute('data-antom-final');
  }

  function askLater() {
    var isQuick = Date.now() - opened < QUICK_FOR;
    if (!isQuick) {
      pause = Math.min(SLOWEST, pause * GROWTH);
    }
    if (page && !document.hidden && (isQuick || !isFinal())) {
      timer = window.setTimeout(ask, pause);
    }
  }

  if (document.antomResult) { // Run once; what is new is found.
    return;
  }
  document.antomResult = true;
  document.addEventListener('visibilitychange', function () {
    if (document.hidden) {
      window.clearTimeout(timer);
    } else if (page && !request) {
      ask();
    }
  });
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
  look();
}());
