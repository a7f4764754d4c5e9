/* Flask-Antom: the result page asks on, until the payment has its final status.
 *
 * Every 2 s for the first minute, then ever more slowly; not while the tab is hidden.
 * News is shown by loading the page anew, so that its words are always the server's.
 */
(function () {
  'use strict';

  var FIRST = 2000; // ms
  var SLOWEST = 60000; // ms
  var QUICK_FOR = 60000; // ms
  var GROWTH = 1.5;
  var ANSWER = 30000; // ms

  var page = document.querySelector('[data-antom-status-url]');
  var opened = Date.now();
  var pause = FIRST;
  var timer = 0;
  var asking = false;

  function ask() {
    var request = new XMLHttpRequest();
    window.clearTimeout(timer);
    asking = true;
    request.open('GET', page.getAttribute('data-antom-status-url'));
    request.timeout = ANSWER;
    request.setRequestHeader('Accept', 'application/json');
    request.onload = function () {
      asking = false;
      if (isNews(request.status, request.responseText)) {
        window.location.reload();
      } else {
        askLater();
      }
    };
    request.onerror = request.ontimeout = function () {
      asking = false;
      askLater();
    };
    request.send();
  }

  function isNews(code, text) {
    try {
      var answer = JSON.parse(text);
      if (code !== 200) {
        return code === 404 && answer.code === 'payment_not_found';
      }
      return answer.final || answer.status !== page.getAttribute('data-antom-status');
    } catch (error) {
      return false;
    }
  }

  function askLater() {
    if (Date.now() - opened >= QUICK_FOR) {
      pause = Math.min(SLOWEST, pause * GROWTH);
    }
    if (!document.hidden) {
      timer = window.setTimeout(ask, pause);
    }
  }

  if (page) {
    document.addEventListener('visibilitychange', function () {
      if (document.hidden) {
        window.clearTimeout(timer);
      } else if (!asking) {
        ask();
      }
    });
    askLater();
  }
}());
