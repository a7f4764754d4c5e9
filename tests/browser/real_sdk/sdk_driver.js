/* Drives Antom's SDK without our macro, to see what the SDK itself needs.
 *
 * The page names the way to pay; #news lists what the SDK reported.
 */
(function () {
  'use strict';

  var nonce = document.currentScript.nonce;
  var main = document.querySelector('main');
  var element = null;

  // A phone's pop-up has a style sheet with its height in it, which no hash can foresee.
  function lendNonce() {
    var create = document.createElement;
    document.createElement = function (name) {
      var made = create.apply(document, arguments);
      if (String(name).toLowerCase() === 'style') {
        made.nonce = nonce;
      }
      return made;
    };
  }

  function report(news) {
    var line = document.createElement('li');
    line.textContent = news;
    document.getElementById('news').appendChild(line);
  }

  function onEventCallback(event) {
    report(event.code);
  }

  function makeCashier() {
    return new window.AMSCashierPayment({
      environment: 'sandbox', locale: 'en_US', onEventCallback: onEventCallback
    });
  }

  var START = {
    popup: function (session) {
      if ('lends' in main.dataset) {
        lendNonce();
      }
      makeCashier().createComponent({ sessionData: session });
    },
    embedded: function (session) {
      makeCashier().mountComponent({ sessionData: session }, '#place');
    },
    element: function (session) {
      element = new window.AMSElement({
        environment: 'sandbox', locale: 'en_US', sessionData: session,
        onEventCallback: onEventCallback
      });
      element.mount({ type: 'payment' }, '#place').then(function (answer) {
        report(answer.error ? answer.error.code : 'mounted');
      });
    },
    page: function (session) {
      new window.AMSCheckoutPage({
        environment: 'sandbox', locale: 'en_US', onEventCallback: onEventCallback
      }).mountComponent({ sessionData: session }, '#place').then(function () {
        report('mounted');
      });
    }
  };

  document.getElementById('pay').addEventListener('click', function () {
    element.submitPayment().then(function (answer) {
      report(answer.status);
    });
  });

  fetch('/antom/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      orderReference: 'A-1', paymentMethodType: main.dataset.method
    })
  }).then(function (answer) {
    return answer.json();
  }).then(function (answer) {
    var parts = answer.paymentSessionData.split('&&');
    parts[1] = main.dataset.region;
    START[main.dataset.way](parts.join('&&'));
  });
}());
