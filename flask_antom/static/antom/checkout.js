/* Flask-Antom: the buyer's half of a checkout.
 *
 * The shop gives a payment session, which goes to Antom's SDK. What that reports is a
 * hint: the result page asks the server. ES5, for iOS 11 and Android 5.
 */
(function () {
  'use strict';

  if (window.antomCheckout) { // Drawn twice.
    window.antomCheckout.scan();
    return;
  }

  var SILENCE = 20000; // ms; the SDK gives its frame 15 s.
  var ANSWER = 30000; // ms
  var REPEATS = 3;
  var CLEAN_UP = 400; // ms; the SDK takes 300.

  var FAULT = { tell: 'error', then: 'again', text: 'fault' };

  // What a code makes us do: `wait`, let it `stay` with the buyer or `leave` for a wallet,
  // ask for the `result`, or let the buyer try `again`. `tell` is the DOM event.
  var CODES = {
    SDK_START_OF_LOADING: { then: 'wait' },
    SDK_PAYMENT_WARN: { then: 'wait' },
    SDK_PAYMENT_SHIPPINGCHANGE: { then: 'wait' },
    SDK_PAYMENT_APPROVE: { then: 'wait' },
    SDK_REDIRECT: { then: 'wait' },
    SDK_END_OF_LOADING: { then: 'stay' },
    SDK_PAYMENT_CHALLENGE: { then: 'stay' },
    SDK_PAYMENT_RETRY: { then: 'stay', back: true },
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
    SDK_PAYMENT_CLICK_BACK_TO_MERCHANT:
      { tell: 'cancel', then: 'again', text: 'cancelled' },
    SDK_CALL_URL_ERROR: { tell: 'error', then: 'again', text: 'app' },
    SDK_LAUNCH_PAYMENT_APP_ERROR: { tell: 'error', then: 'again', text: 'app' },
    SDK_CREATECOMPONENT_ERROR: FAULT,
    SDK_CREATE_COMPONENT_ERROR: FAULT,
    SDK_CREATEPAYMENT_PARAMETER_ERROR: FAULT,
    SDK_INIT_PARAMETER_ERROR: FAULT,
    // Any unreadable message; what stands stays.
    SDK_INTERNAL_ERROR: { tell: 'error', then: 'again', text: 'fault', early: true }
  };
  var PROCESSING = CODES.SDK_PAYMENT_PROCESSING;
  var FAIL = CODES.SDK_PAYMENT_FAIL;
  var CANCEL = CODES.SDK_PAYMENT_CANCEL;

  // Of the element's submitPayment().
  var STATUSES = {
    SUCCESS: CODES.SDK_PAYMENT_SUCCESSFUL,
    PROCESSING: PROCESSING,
    PENDING: PROCESSING,
    CANCELLED: CANCEL,
    FAIL: FAIL
  };

  var CLASSES = {
    cashier: 'AMSCashierPayment',
    element: 'AMSElement',
    page: 'AMSCheckoutPage'
  };

  var current = null; // The page's one attempt to pay.
  var spent; // The session that is of no more use.
  var quietUntil = 0; // No new pop-up before.
  var ownOverflow = null; // The page's own, while the SDK has changed it.
  var create; // The page's own, while ours is in its place.

  // An attempt.

  function start(form, input) {
    drop();
    var mode = form.getAttribute('data-antom-checkout');
    current = {
      form: form,
      input: input,
      mode: mode,
      inPage: mode !== 'cashier' || form.hasAttribute('data-embedded'),
      methods: chosenMethods(form),
      session: {},
      sdk: null,
      standing: false,
      leaving: false,
      left: CODES.SDK_CALL_URL_ERROR, // If the buyer stays.
      over: false,
      told: null,
      repeats: 0,
      timer: 0
    };
    lock(form, true);
    furnish(form, current.inPage, current.inPage);
    say(form, current.inPage ? 'loading' : 'opening');
    showWaysOut(form);
    askForSession(current);
  }

  function askForSession(attempt) {
    var body = {
      orderReference: attempt.form.elements.orderReference.value,
      mode: attempt.mode,
      spentRequestId: spent
    };
    if (attempt.methods.length === 1) {
      body.paymentMethodType = attempt.methods[0];
    } else {
      body.paymentMethodTypes = attempt.methods;
    }
    var request = post(attempt.form, 'data-session-url', body);
    request.timeout = ANSWER;
    request.onload = function () {
      if (!attempt.over) {
        takeAnswer(attempt, request);
      }
    };
    request.onerror = request.ontimeout = function () {
      giveUp(attempt, 'network', 'network');
    };
  }

  function takeAnswer(attempt, request) {
    var answer = attempt.session = parse(request.responseText);
    if (request.status < 300 && answer.paymentSessionData) {
      if (!announce(attempt, 'session', {})) {
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
      wait(attempt, 1000 * Math.min(seconds, 30), askForSession);
      return;
    }
    // Not from our routes: a gone token, a crash.
    giveUp(attempt, answer.code || 'http_' + request.status,
      /40[0-3]/.test(request.status) ? 'reload' : 'fault', answer);
  }

  function awaitSdk(attempt) {
    var tag = sdkTag();
    if (sdkClass(attempt) || !tag) {
      openSdk(attempt);
      return;
    }
    watch(attempt);
    if (tag.getAttribute('data-antom-sdk') === 'done') {
      tag = loadAgain(tag);
    }
    onceDone(tag, function () {
      if (!attempt.over) {
        openSdk(attempt);
      }
    });
  }

  function openSdk(attempt) {
    if (!sdkClass(attempt)) {
      giveUp(attempt, 'sdk_missing', 'blocked');
      return;
    }
    if (quietUntil > Date.now()) {
      wait(attempt, quietUntil - Date.now(), openSdk);
      return;
    }
    watch(attempt);
    if (ownOverflow === null) {
      ownOverflow = document.body.style.overflow;
    }
    try {
      if (attempt.mode === 'cashier') {
        lendNonce(sdkTag());
      }
      attempt.sdk = new (sdkClass(attempt))(options(attempt));
      settle(attempt, attempt.over || draw(attempt), function (answer) {
        if (answer.error) {
          report(attempt, answer.error, FAULT);
        } else if (attempt.mode === 'cashier') {
          watch(attempt);
        } else {
          stand(attempt);
        }
      }, fault(attempt));
    } catch (error) {
      giveUp(attempt, 'sdk_failed', 'blocked', error);
    }
    if (attempt.over) {
      close(attempt);
    }
  }

  function draw(attempt) {
    var params = { sessionData: attempt.session.paymentSessionData };
    var place = '#' + part(attempt.form, 'place').id;
    if (attempt.mode === 'element') {
      return attempt.sdk.mount({ type: 'payment', notRedirectAfterComplete: true }, place);
    }
    if (attempt.mode === 'cashier') {
      params.appearance = { showLoading: true };
    }
    return attempt.inPage ? attempt.sdk.mountComponent(params, place) :
      attempt.sdk.createComponent(params);
  }

  function options(attempt) {
    var all = {
      environment: attempt.form.getAttribute('data-environment'),
      locale: attempt.form.getAttribute('data-locale'),
      onLog: guarded(attempt, function (data) {
        announce(attempt, 'event', data);
        watch(attempt);
      }),
      onEventCallback: guarded(attempt, function (data) {
        report(attempt, data, own(CODES, data.code));
      }),
      onError: fault(attempt),
      onClose: guarded(attempt, function () {
        report(attempt, { code: 'onClose' }, CANCEL);
      })
    };
    if (attempt.mode === 'element') {
      all.sessionData = attempt.session.paymentSessionData;
    }
    return all;
  }

  // A fault comes three times: the first ends it all.
  function report(attempt, data, meaning, isOutcome) {
    announce(attempt, 'event', data);
    if (attempt.over) {
      return;
    }
    if (attempt.leaving && meaning === PROCESSING) {
      attempt.left = meaning;
      watch(attempt);
    } else if (!meaning || meaning.then === 'wait') {
      watch(attempt);
    } else if (meaning.then === 'stay') {
      attempt.leaving = attempt.leaving && !meaning.back;
      stand(attempt);
    } else if (meaning.then === 'leave') {
      attempt.standing = true;
      if (!attempt.leaving) { // Phones report it three times.
        attempt.leaving = true;
        announce(attempt, meaning.tell, data);
        say(attempt.form, 'leaving');
        watch(attempt);
      }
    } else if (meaning.early && attempt.standing) {
      if (attempt.told !== data.message) {
        attempt.told = data.message;
        announce(attempt, meaning.tell, data);
      }
    } else if (attempt.standing && staysOpen(attempt, meaning)) {
      if (attempt.mode !== 'element' || isOutcome) { // Its promise tells, too.
        retry(attempt, data, meaning);
      }
    } else {
      finish(attempt, data, meaning);
    }
  }

  function stand(attempt) {
    var isElement = attempt.mode === 'element';
    if (!attempt.standing) {
      attempt.standing = true;
      lock(attempt.form, !isElement);
      attempt.form.querySelector('fieldset').disabled = !attempt.inPage;
      part(attempt.form, 'place').style.minHeight = '';
      furnish(attempt.form, false, attempt.inPage && !isElement);
      part(attempt.form, 'hosted').hidden = attempt.mode !== 'page';
      say(attempt.form, attempt.inPage ? isElement && 'ready' : 'continue');
      refocus(attempt.input);
    }
    watch(attempt);
  }

  function staysOpen(attempt, meaning) {
    return meaning === FAIL && attempt.mode !== 'cashier' ||
      meaning === CANCEL && attempt.mode === 'element';
  }

  function retry(attempt, data, meaning) {
    var form = attempt.form;
    var text = textFor(form, data, meaning);
    if (text === 'result' || needsNewSession(form, data)) {
      finish(attempt, data, meaning);
    } else {
      attempt.leaving = false;
      watch(attempt);
      if (attempt.mode === 'element') {
        free(form);
      }
      if (announce(attempt, meaning.tell, data)) {
        say(form, text, meaning !== CANCEL);
      }
    }
  }

  function submit(attempt) {
    function fail(error) {
      takeOutcome(attempt, { error: error });
    }
    lock(attempt.form, true);
    say(attempt.form, 'result');
    showWaysOut(attempt.form, attempt.session.resultUrl);
    try {
      settle(attempt, attempt.sdk.submitPayment(), function (answer) {
        takeOutcome(attempt, answer);
      }, fail);
    } catch (error) {
      fail(error);
    }
  }

  function takeOutcome(attempt, answer) {
    var error = answer.error || {};
    var meaning = own(STATUSES, answer.status);
    if (answer.userCanceled3D || !meaning && !error.code) { // Nobody knows.
      meaning = PROCESSING;
    } else if (error.code === 'USER_CANCELED') {
      meaning = CANCEL;
    }
    report(attempt, {
      code: error.code || answer.status,
      resultCode: error.code,
      message: error.message,
      isSpent: error.needChangeSessionForRetry || answer.needChangeSessionForRetry
    }, meaning || FAIL, true);
  }

  function finish(attempt, data, meaning) {
    var form = attempt.form;
    var text = textFor(form, data, meaning);
    var place = part(form, 'place');
    if (text === 'result' && attempt.session.resultUrl) { // Nobody knows.
      meaning = PROCESSING;
    }
    if (attempt.mode === 'element' && attempt.standing && meaning.then === 'again') {
      place.style.minHeight = place.offsetHeight + 'px'; // The button stays.
    }
    end(attempt);
    if (needsNewSession(form, data)) {
      spent = attempt.session.paymentRequestId;
    }
    if (meaning.then === 'result' && attempt.session.resultUrl) {
      if (announce(attempt, meaning.tell, data)) {
        say(form, 'result');
        showWaysOut(form, attempt.session.resultUrl);
        location.assign(attempt.session.resultUrl);
      } else {
        free(form);
      }
      return;
    }
    free(form);
    if (announce(attempt, meaning.tell, data)) {
      say(form, text === 'result' ? 'unknown' : text, meaning.tell !== 'cancel');
      showWaysOut(form, attempt.session.resultUrl, text);
    }
  }

  function giveUp(attempt, code, text, cause) {
    cause = cause || {};
    if (!attempt.over) {
      finish(attempt, {
        code: code,
        message: cause.detail || cause.message,
        resultCode: cause.resultCode
      }, { tell: 'error', then: 'again', text: text });
    }
  }

  // Every sign of life winds the clock again.
  function watch(attempt) {
    clearTimeout(attempt.timer);
    if (attempt.leaving || !attempt.standing) {
      wait(attempt, SILENCE, function () {
        if (!attempt.leaving) {
          if (!sdkClass(attempt) && sdkTag()) {
            markDone.call(sdkTag());
          }
          giveUp(attempt, 'timeout', 'silent');
        } else if (document.hidden) {
          watch(attempt);
        } else {
          finish(attempt, { code: 'not_left' }, attempt.left);
        }
      });
    }
  }

  function wait(attempt, time, handle) {
    clearTimeout(attempt.timer);
    attempt.timer = setTimeout(handle, time, attempt);
  }

  function end(attempt) {
    attempt.over = true;
    clearTimeout(attempt.timer);
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
    var sdk = attempt.sdk;
    if (create) {
      document.createElement = create;
      create = null;
    }
    if (!sdk) {
      return;
    }
    try {
      (attempt.mode === 'element' ? sdk.destroy : sdk.unmount).call(sdk);
    } catch (error) { /* Nothing to close. */ }
    quietUntil = Date.now() + CLEAN_UP;
    restoreOverflow();
    setTimeout(function () {
      if (!(current && current.sdk)) {
        restoreOverflow();
        ownOverflow = null;
      }
    }, CLEAN_UP);
  }

  // A phone's pop-up brings its own style sheet.
  function lendNonce(tag) {
    var nonce = tag && tag.nonce;
    var plain = create = document.createElement;
    document.createElement = function (name) {
      var made = plain.apply(document, arguments);
      if (/^style$/i.test(name)) {
        made.nonce = nonce;
      }
      return made;
    };
  }

  function restoreOverflow() {
    if (ownOverflow !== null) {
      document.body.style.overflow = ownOverflow;
    }
  }

  // The page sees what is thrown, the SDK does not.
  function guarded(attempt, handle) {
    return function (data) {
      if (!attempt.over) {
        try {
          handle(data || {});
        } catch (error) {
          setTimeout(function () {
            throw error;
          }, 0);
        }
      }
    };
  }

  function fault(attempt) {
    return guarded(attempt, function (data) {
      report(attempt, data, own(CODES, data.code) || FAULT);
    });
  }

  function settle(attempt, promise, handle, fail) {
    if (promise && promise.then) {
      promise.then(guarded(attempt, handle), guarded(attempt, fail));
    }
  }

  function sdkClass(attempt) {
    var named = window[CLASSES[attempt.mode]];
    return typeof named === 'function' && named;
  }

  function sdkTag() {
    return document.querySelector('script[data-antom-sdk]');
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
    copy.nonce = tag.nonce;
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

  function announce(attempt, name, data) {
    var detail = {
      code: data.code || data.errorCode || '',
      resultCode: codeOf(data),
      message: data.message || (data.result || {}).paymentResultMessage || '',
      resultUrl: attempt.session.resultUrl || ''
    };
    if (name === 'error' && attempt.session.paymentSessionData) {
      post(attempt.form, 'data-report-url', {
        code: detail.code,
        resultCode: detail.resultCode,
        mode: attempt.mode,
        method: attempt.methods[0]
      });
    }
    return attempt.form.dispatchEvent(new CustomEvent('antom:' + name, {
      bubbles: true,
      cancelable: true,
      detail: detail
    }));
  }

  function post(form, url, body) {
    var token = part(form, 'csrf');
    var request = new XMLHttpRequest();
    request.open('POST', form.getAttribute(url));
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('Accept', 'application/json');
    if (token) {
      request.setRequestHeader('X-CSRFToken', token.value);
    }
    request.send(JSON.stringify(body));
    return request;
  }

  function codeOf(data) {
    return data.resultCode || (data.result || {}).paymentResultCode || '';
  }

  function needsNewSession(form, data) {
    var codes = ' ' + form.getAttribute('data-new-session') + ' ';
    return data.isSpent || codes.indexOf(' ' + (codeOf(data) || data.code) + ' ') >= 0;
  }

  function textFor(form, data, meaning) {
    var text = [codeOf(data), data.code].map(function (code) {
      return /^\w+$/.test(code) && form.querySelector('[data-antom-codes~="' + code + '"]');
    }).filter(Boolean)[0];
    return text ? text.getAttribute('data-antom-text') : meaning.text || 'fault';
  }

  function chosenMethods(form) {
    var inputs = form.querySelectorAll('input[name="paymentMethodType"]');
    return Array.prototype.filter.call(inputs, function (input) {
      return input.type === 'hidden' || input.checked;
    }).map(function (input) {
      return input.value;
    });
  }

  function lock(form, locked) {
    form.querySelector('fieldset').disabled = locked;
    payButton(form).disabled = locked;
  }

  function furnish(form, isLoading, hidesButton) {
    part(form, 'place').setAttribute('aria-busy', isLoading);
    payButton(form).hidden = hidesButton;
  }

  function free(form) {
    var wasLocked = payButton(form).disabled;
    lock(form, false);
    furnish(form, false, false);
    say(form, '');
    if (wasLocked) {
      refocus(payButton(form));
    }
  }

  function refocus(input) {
    var focused = document.activeElement;
    if (input && (!focused || focused === document.body)) {
      input.focus({ preventScroll: true });
    }
  }

  function payButton(form) {
    return form.querySelector('button[type="submit"]');
  }

  function part(form, name) {
    return form.querySelector('[data-antom-' + name + ']');
  }

  function say(form, name, isAlert) {
    var text = name && form.querySelector('[data-antom-text="' + name + '"]');
    var words = text ? text.textContent : '';
    form.querySelector('[role="status"]').textContent = isAlert ? '' : words;
    form.querySelector('[role="alert"]').textContent = isAlert ? words : '';
  }

  function showWaysOut(form, resultUrl, text) {
    var link = part(form, 'result-link');
    link.hidden = !resultUrl;
    link.href = resultUrl || '';
    part(form, 'hosted').hidden = !/^(blocked|silent|app|fault)$/.test(text);
  }

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

  // The page.

  function forms() {
    return document.querySelectorAll('form[data-session-url]');
  }

  function prepare(form) {
    if (form.hasAttribute('data-antom-ready')) {
      return;
    }
    form.setAttribute('data-antom-ready', '');
    part(form, 'place').id = 'antom-' + String(Math.random()).slice(2);
    lock(form, false);
    remember(form);
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      if (!payButton(form).disabled) {
        remember(form, true);
        if (current && current.form === form && current.standing) {
          submit(current);
        } else {
          start(form);
        }
      }
    });
    form.addEventListener('change', function (event) {
      if (event.target.name === 'paymentMethodType' && current && current.form === form) {
        start(form, event.target);
      }
    });
    part(form, 'hosted').addEventListener('click', function () {
      if (current && current.form === form && current.session.normalUrl) {
        location.assign(current.session.normalUrl);
      } else {
        lock(form, false);
        form.submit();
      }
    });
    open(form);
  }

  function open(form) {
    if (form.getAttribute('data-antom-checkout') !== 'cashier' && !current) {
      start(form);
    }
  }

  function remember(form, isNew) {
    try {
      if (isNew) {
        localStorage.antomMethod = form.querySelector('input:checked').value;
      }
      form.querySelector('input[value=' + localStorage.antomMethod + ']').checked = true;
    } catch (error) { /* It cannot be kept. */ }
  }

  /** Make the forms work, also those that were inserted later. */
  function scan() {
    var tags = document.querySelectorAll('script[data-antom-sdk=""]');
    Array.prototype.forEach.call(tags, function (tag) {
      onceDone(tag, markDone);
    });
    Array.prototype.forEach.call(forms(), prepare);
  }

  window.antomCheckout = { scan: scan };
  window.addEventListener('pagehide', drop);
  window.addEventListener('pageshow', function (event) {
    if (event.persisted) { // Out of the cache.
      Array.prototype.forEach.call(forms(), free);
      Array.prototype.forEach.call(forms(), open);
    }
  });
  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', scan);
  } else {
    scan();
  }
}());
