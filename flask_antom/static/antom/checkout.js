/* Flask-Antom: the buyer's half of a checkout.
 *
 * The macro draws a form. On submit this script asks the shop for a payment session
 * and hands it to Antom's browser SDK. What the SDK reports is a hint: the result
 * page, to which most reports lead, asks the server.
 *
 * The form tells what happens by the DOM events antom:session, antom:event,
 * antom:redirect, antom:success, antom:processing, antom:fail, antom:cancel and
 * antom:error. Their detail holds code, resultCode, message and resultUrl;
 * preventDefault() keeps the script from its own next step.
 *
 * ES5, no build step: Antom supports iOS 11 and Android 5.
 */
(function () {
  'use strict';

  if (window.antomCheckout) { // Drawn twice on one page.
    window.antomCheckout.scan();
    return;
  }

  var SILENCE = 20000; // ms. The SDK itself gives up on its frame after 15 s.
  var ANSWER = 30000; // ms for the shop's answer.
  var REPEATS = 3; // Questions more, while the outcome of an earlier one is unknown.
  var CLEAN_UP = 400; // ms. The SDK clears a closed pop-up away, by its id, after 300.

  // What a code of the SDK makes us do. `tell` is the DOM event; `then` is
  //   wait    it is still loading: give it time
  //   stay    it stands and deals with the buyer
  //   leave   it is about to leave this page, for a wallet or a bank
  //   result  close it and ask the server, on the result page
  //   again   close it, say so, let the buyer try again
  // Other codes are passed on as antom:event, and nothing else.
  var CODES = {
    SDK_START_OF_LOADING: { then: 'wait' },
    SDK_END_OF_LOADING: { then: 'stay' },
    SDK_PAYMENT_CHALLENGE: { then: 'stay' },
    SDK_PAYMENT_RETRY: { then: 'stay' },
    SDK_FORM_VERIFICATION_FAILED: { then: 'stay' },
    SDK_DUPLICATE_SUBMISSION_BEHAVIOR: { then: 'stay' },
    SDK_SUBMIT_NETWORK_ERROR: { then: 'stay' },
    SDK_CALL_URL_SUCCESS: { tell: 'redirect', then: 'leave' },
    SDK_PAYMENT_SUCCESSFUL: { tell: 'success', then: 'result' },
    SDK_PAYMENT_AUTHORIZATION_SUCCESSFUL: { tell: 'processing', then: 'result' },
    SDK_PAYMENT_PROCESSING: { tell: 'processing', then: 'result' },
    SDK_PAYMENT_ERROR: { tell: 'error', then: 'result' },
    SDK_PAYMENT_FAIL: { tell: 'fail', then: 'again', text: 'failed' },
    SDK_PAYMENT_CANCEL: { tell: 'cancel', then: 'again', text: 'cancelled' },
    SDK_CALL_URL_ERROR: { tell: 'error', then: 'again', text: 'app' },
    SDK_LAUNCH_PAYMENT_APP_ERROR: { tell: 'error', then: 'again', text: 'app' },
    SDK_CREATECOMPONENT_ERROR: { tell: 'error', then: 'again', text: 'fault' },
    SDK_CREATE_COMPONENT_ERROR: { tell: 'error', then: 'again', text: 'fault' },
    SDK_CREATEPAYMENT_PARAMETER_ERROR: { tell: 'error', then: 'again', text: 'fault' },
    SDK_INIT_PARAMETER_ERROR: { tell: 'error', then: 'again', text: 'fault' },
    // Sent for any unreadable message, so it must not close what already stands.
    SDK_INTERNAL_ERROR: { tell: 'error', then: 'again', text: 'fault', early: true }
  };
  var CLOSED = CODES.SDK_PAYMENT_CANCEL;
  var FAULT = CODES.SDK_CREATECOMPONENT_ERROR;

  // The texts for the codes of the shop's problem documents (RFC 9457).
  var PROBLEMS = {
    order_already_paid: 'paid',
    order_not_found: 'missing',
    method_not_offered: 'method',
    payment_refused: 'refused',
    outcome_unknown: 'unknown',
    invalid_request: 'reload'
  };

  // Antom's locales, by the first part of a language tag; Chinese: see localeOf.
  var LOCALES = {
    de: 'de_DE', en: 'en_US', es: 'es_ES', fil: 'tl_PH', fr: 'fr_FR', id: 'in_ID',
    'in': 'in_ID', it: 'it_IT', ko: 'ko_KR', ms: 'ms_MY', nl: 'nl_NL', pt: 'pt_BR',
    th: 'th_TH', tl: 'tl_PH', vi: 'vi_VN'
  };

  var current = null; // The page's one attempt to pay, while it goes on.
  var quietUntil = 0; // No new pop-up before this time.
  var ownOverflow = null; // The page's body.style.overflow while the SDK has its own.

  /* ---- An attempt, from the click to its end ---- */

  function start(form) {
    drop();
    var checked = form.querySelector('input[name="paymentMethodType"]:checked');
    current = {
      form: form,
      method: checked ? checked.value : '',
      session: {},
      sdk: null,
      standing: false, // The SDK shows the buyer something.
      leaving: false,
      over: false,
      told: {},
      repeats: 0,
      timer: 0
    };
    lock(form, true);
    say(form, 'opening');
    showLink(form, '');
    askForSession(current);
  }

  function askForSession(attempt) {
    var form = attempt.form;
    var token = form.getAttribute('data-csrf-token');
    var request = new XMLHttpRequest();
    request.open('POST', form.getAttribute('data-session-url'));
    request.timeout = ANSWER;
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('Accept', 'application/json');
    if (token) {
      request.setRequestHeader('X-CSRFToken', token);
    }
    request.onload = function () {
      if (!attempt.over) {
        takeAnswer(attempt, request);
      }
    };
    request.onerror = request.ontimeout = function () {
      giveUp(attempt, 'network', 'network');
    };
    request.send(JSON.stringify({
      orderReference: form.getAttribute('data-order-reference'),
      paymentMethodType: attempt.method
    }));
  }

  function takeAnswer(attempt, request) {
    var answer = parse(request.responseText);
    if (request.status < 300 && answer.paymentSessionData) {
      attempt.session = answer;
      if (!announce(attempt, 'session')) {
        drop();
      } else if (!attempt.over) {
        awaitSdk(attempt);
      }
      return;
    }
    if (answer.code === 'outcome_unknown' && attempt.repeats < REPEATS) {
      attempt.repeats += 1;
      say(attempt.form, 'checking');
      var seconds = parseInt(request.getResponseHeader('Retry-After'), 10) || 5;
      attempt.timer = window.setTimeout(function () {
        askForSession(attempt);
      }, 1000 * Math.min(seconds, 30));
      return;
    }
    var text = own(PROBLEMS, answer.code);
    if (!text) { // Not from our routes: a gone form token, a proxy, a crash.
      text = request.status >= 400 && request.status < 500 ? 'reload' : 'fault';
    }
    giveUp(attempt, answer.code || 'http_' + request.status, text, answer);
  }

  function awaitSdk(attempt) {
    watch(attempt);
    if (hasSdk()) {
      openCashier(attempt);
      return;
    }
    var tag = document.querySelector('script[data-antom-sdk]');
    if (!tag) {
      giveUp(attempt, 'sdk_missing', 'blocked');
      return;
    }
    if (tag.getAttribute('data-antom-sdk') === 'done') {
      tag = loadAgain(tag);
    }
    onceDone(tag, function () {
      if (attempt.over) {
        return;
      }
      if (hasSdk()) {
        openCashier(attempt);
      } else {
        giveUp(attempt, 'sdk_missing', 'blocked');
      }
    });
  }

  function openCashier(attempt) {
    var wait = quietUntil - Date.now();
    if (wait > 0) {
      attempt.timer = window.setTimeout(function () {
        openCashier(attempt);
      }, wait);
      return;
    }
    watch(attempt);
    if (ownOverflow === null) {
      ownOverflow = document.body.style.overflow;
    }
    var created = null;
    try {
      attempt.sdk = new window.AMSCashierPayment({
        environment: attempt.form.getAttribute('data-environment'),
        locale: localeOf(navigator.languages || [navigator.language]),
        onLog: guarded(attempt, function () {
          watch(attempt);
        }),
        onEventCallback: guarded(attempt, function (data) {
          report(attempt, data, own(CODES, data.code));
        }),
        onError: guarded(attempt, function (data) {
          report(attempt, data, own(CODES, data.code) || FAULT);
        }),
        onClose: guarded(attempt, function () {
          report(attempt, { code: 'onClose' }, CLOSED);
        })
      });
      if (!attempt.over) {
        created = attempt.sdk.createComponent({
          sessionData: attempt.session.paymentSessionData,
          appearance: { showLoading: true }
        });
      }
    } catch (error) {
      giveUp(attempt, 'sdk_failed', 'blocked', error);
    }
    if (attempt.over) { // A callback may have ended it while the SDK was building.
      close(attempt);
    }
    if (created && typeof created.then === 'function') {
      created.then(guarded(attempt, function () {
        watch(attempt);
      }), guarded(attempt, function (data) {
        report(attempt, data, own(CODES, data.code) || FAULT);
      }));
    }
  }

  // The same fault comes by onError, onEventCallback and the promise: the first one
  // ends the attempt, and what an attempt reports after its end is not heard.
  function report(attempt, data, meaning) {
    var key = data.code + '|' + data.message;
    announce(attempt, 'event', data);
    if (attempt.over) { // The page's listener has started something else.
      return;
    }
    if (!meaning || meaning.then === 'wait') {
      watch(attempt);
    } else if (meaning.then === 'stay') {
      attempt.standing = true;
      watch(attempt);
      say(attempt.form, 'continue');
    } else if (meaning.then === 'leave') {
      attempt.standing = true;
      watch(attempt);
      if (!attempt.leaving) { // Phones report it three times.
        attempt.leaving = true;
        announce(attempt, meaning.tell, data);
        say(attempt.form, 'leaving');
      }
    } else if (meaning.early && attempt.standing) {
      if (!attempt.told[key]) {
        attempt.told[key] = true;
        announce(attempt, meaning.tell, data);
      }
    } else {
      finish(attempt, data, meaning);
    }
  }

  function finish(attempt, data, meaning) {
    end(attempt);
    if (meaning.then === 'result' && attempt.session.resultUrl) {
      if (announce(attempt, meaning.tell, data)) {
        say(attempt.form, 'result');
        window.location.assign(attempt.session.resultUrl);
      } else {
        free(attempt.form);
      }
      return;
    }
    free(attempt.form);
    if (announce(attempt, meaning.tell, data)) {
      say(attempt.form, meaning.text || 'fault', meaning.tell !== 'cancel');
      showLink(attempt.form, attempt.session.resultUrl);
    }
  }

  function giveUp(attempt, code, text, cause) {
    if (!attempt.over) {
      finish(attempt, {
        code: code,
        message: cause && (cause.detail || cause.message),
        resultCode: cause && cause.resultCode
      }, { tell: 'error', then: 'again', text: text });
    }
  }

  // Every sign of life winds the clock again; once the SDK stands, the buyer has time.
  function watch(attempt) {
    window.clearTimeout(attempt.timer);
    if (!attempt.standing) {
      attempt.timer = window.setTimeout(function () {
        var tag = !hasSdk() && document.querySelector('script[data-antom-sdk]');
        if (tag) {
          tag.setAttribute('data-antom-sdk', 'done');
        }
        giveUp(attempt, 'timeout', 'silent');
      }, SILENCE);
    }
  }

  function end(attempt) {
    attempt.over = true;
    window.clearTimeout(attempt.timer);
    if (current === attempt) {
      current = null;
    }
    close(attempt);
  }

  function drop() {
    if (current) {
      var form = current.form;
      end(current);
      free(form);
    }
  }

  function close(attempt) {
    if (!attempt.sdk) {
      return;
    }
    try {
      attempt.sdk.unmount();
    } catch (error) { /* Then there is nothing to close. */ }
    quietUntil = Date.now() + CLEAN_UP;
    restoreOverflow();
    window.setTimeout(function () {
      if (!(current && current.sdk)) {
        restoreOverflow();
        ownOverflow = null;
      }
    }, CLEAN_UP);
  }

  function restoreOverflow() {
    if (ownOverflow !== null) {
      document.body.style.overflow = ownOverflow;
    }
  }

  // Nothing may be thrown into the SDK; the page's own error reporting still sees it.
  function guarded(attempt, handle) {
    return function (data) {
      if (!attempt.over) {
        try {
          handle(data || {});
        } catch (error) {
          window.setTimeout(function () {
            throw error;
          }, 0);
        }
      }
    };
  }

  /* ---- The SDK's script ---- */

  function hasSdk() {
    return typeof window.AMSCashierPayment === 'function';
  }

  function onceDone(tag, handle) {
    tag.addEventListener('load', handle);
    tag.addEventListener('error', handle);
  }

  function markDone() {
    this.setAttribute('data-antom-sdk', 'done');
  }

  function loadAgain(tag) {
    var copy = document.createElement('script');
    copy.nonce = tag.nonce || tag.getAttribute('nonce') || '';
    if (tag.integrity) {
      copy.integrity = tag.integrity;
      copy.crossOrigin = 'anonymous';
    }
    copy.setAttribute('data-antom-sdk', '');
    onceDone(copy, markDone);
    copy.src = tag.src;
    tag.parentNode.replaceChild(copy, tag);
    return copy;
  }

  /* ---- The form ---- */

  function announce(attempt, name, data) {
    var result = (data && data.result) || {};
    return attempt.form.dispatchEvent(new CustomEvent('antom:' + name, {
      bubbles: true,
      cancelable: true,
      detail: {
        code: (data && (data.code || data.errorCode)) || '',
        resultCode: (data && data.resultCode) || result.paymentResultCode || '',
        message: (data && data.message) || result.paymentResultMessage || '',
        resultUrl: attempt.session.resultUrl || ''
      }
    }));
  }

  function lock(form, locked) {
    form.setAttribute('aria-busy', String(locked));
    form.querySelector('fieldset').disabled = locked;
    payButton(form).disabled = locked;
  }

  function free(form) {
    var focused = document.activeElement;
    var wasLocked = payButton(form).disabled;
    lock(form, false);
    say(form, '');
    if (wasLocked && (!focused || focused === document.body)) {
      payButton(form).focus();
    }
  }

  function payButton(form) {
    return form.querySelector('button[type="submit"]');
  }

  // The words stand in the page, where the shop can change them.
  function say(form, name, isAlert) {
    var text = name && form.querySelector('[data-antom-text="' + name + '"]');
    var words = text ? text.textContent : '';
    form.querySelector('[role="status"]').textContent = isAlert ? '' : words;
    form.querySelector('[role="alert"]').textContent = isAlert ? words : '';
  }

  function showLink(form, url) {
    var link = form.querySelector('[data-antom-result-link]');
    link.hidden = !url;
    link.href = url || '';
  }

  /* ---- Small things ---- */

  function own(table, key) {
    return Object.prototype.hasOwnProperty.call(table, key) ? table[key] : undefined;
  }

  function parse(text) {
    try {
      return JSON.parse(text) || {};
    } catch (error) {
      return {};
    }
  }

  function localeOf(tags) {
    for (var i = 0; i < tags.length; i += 1) {
      var tag = String(tags[i]).toLowerCase().replace(/_/g, '-');
      var language = tag.split('-')[0];
      if (language === 'zh') {
        return /-(hant|tw|hk|mo)/.test(tag) && !/-hans/.test(tag) ? 'zh_HK' : 'zh_CN';
      }
      if (own(LOCALES, language)) {
        return LOCALES[language];
      }
    }
    return 'en_US';
  }

  /* ---- The page ---- */

  function forms() {
    return document.querySelectorAll('form[data-antom-checkout]');
  }

  function prepare(form) {
    if (!form.hasAttribute('data-antom-ready')) {
      form.setAttribute('data-antom-ready', '');
      lock(form, false);
      form.addEventListener('submit', function (event) {
        event.preventDefault();
        if (!payButton(form).disabled) {
          start(form);
        }
      });
    }
  }

  /** Make the forms of the page work, also those that were inserted later. */
  function scan() {
    var tags = document.querySelectorAll('script[data-antom-sdk=""]');
    Array.prototype.forEach.call(forms(), prepare);
    Array.prototype.forEach.call(tags, function (tag) {
      onceDone(tag, markDone);
    });
  }

  window.antomCheckout = { scan: scan };
  window.addEventListener('pagehide', drop);
  window.addEventListener('pageshow', function (event) {
    if (event.persisted) { // Back from the wallet or the result, out of the cache.
      Array.prototype.forEach.call(forms(), free);
    }
  });
  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', scan);
  } else {
    scan();
  }
}());
