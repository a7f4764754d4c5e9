/* Flask-Antom: the buyer's half of a checkout. ES5, for iOS 11 and Android 5.
 *
 * A page has one attempt to pay; docs/checkout.md describes its states. What Antom's SDK
 * reports is a hint: only the shop knows who has paid.
 */
(function () {
  'use strict';

  if (window.antomCheckout) { // Drawn twice.
    window.antomCheckout.scan();
    return;
  }

  var SILENCE = 20000; // ms
  var ANSWER = 30000;
  var PAUSE = 5000;
  var PATIENCE = 1800000;
  var CLEAN_UP = 400;

  var FORMS = 'form[data-session-url]';

  // What is done, the DOM event, the buyer's text.
  var FAULT = { means: 'again', tell: 'error', text: 'fault' };
  var NO_APP = { means: 'again', tell: 'error', text: 'app' };
  var FAIL = { means: 'fail', tell: 'fail', text: 'failed' };
  var CANCEL = { means: 'cancel', tell: 'cancel', text: 'cancelled' };
  var AWAY = { tell: 'away', text: 'away' };
  var SUCCESS = { means: 'result', tell: 'success' };
  var PROCESSING = { means: 'processing', tell: 'processing' };

  // Others are signs of life.
  var CODES = {
    SDK_END_OF_LOADING: { means: 'stand' },
    SDK_PAYMENT_CHALLENGE: { means: 'stand' },
    SDK_PAYMENT_RETRY: { means: 'back' },
    SDK_CALL_URL_SUCCESS: { means: 'leave', tell: 'redirect' },
    SDK_PAYMENT_SUCCESSFUL: SUCCESS,
    SDK_PAYMENT_AUTHORIZATION_SUCCESSFUL: PROCESSING,
    SDK_PAYMENT_PROCESSING: PROCESSING,
    SDK_PAYMENT_ERROR: { means: 'result', tell: 'error' },
    SDK_PAYMENT_FAIL: FAIL,
    SDK_PAYMENT_CANCEL: CANCEL,
    SDK_PAYMENT_CLICK_BACK_TO_MERCHANT: CANCEL,
    SDK_CALL_URL_ERROR: NO_APP,
    SDK_LAUNCH_PAYMENT_APP_ERROR: NO_APP,
    SDK_CREATECOMPONENT_ERROR: FAULT,
    SDK_INTERNAL_ERROR: { means: 'noise', tell: 'error', text: 'fault' },
    SUCCESS: SUCCESS,
    PROCESSING: PROCESSING,
    PENDING: PROCESSING,
    CANCELLED: CANCEL,
    USER_CANCELED: CANCEL,
    FAIL: FAIL
  };

  // Meaning -> state -> what is done.
  var TABLE = {
    refresh: { asking: startOver, loading: renew, open: renew },
    session: { asking: load, renewing: renewed },
    unknown: { asking: askLater, renewing: askLater },
    script: { loading: draw },
    pay: { open: submit, leaving: submit, away: startOver },
    wait: { loading: watch, leaving: linger },
    stand: { loading: open, leaving: linger },
    back: { loading: open, leaving: open },
    leave: { loading: leave, open: leave, submitting: leave },
    visible: { leaving: comeBack, away: inquire },
    unsure: { leaving: doubt, away: askOn },
    result: { loading: end, open: end, submitting: end, leaving: end, away: end },
    processing: { loading: end, open: end, submitting: end, leaving: linger },
    fail: { loading: inquire, open: inquire, submitting: inquire, leaving: inquire },
    cancel: { loading: inquire, open: inquire, submitting: inquire, leaving: comeBack },
    unpaid: { loading: end, open: retry, submitting: retry, leaving: retry },
    again: { asking: end, loading: end, open: inquire, submitting: inquire,
      leaving: comeBack, renewing: renewed },
    noise: { loading: end }
  };

  // The SDK's class, what leaves its view open, what no code means.
  var MODES = {
    cashier: { sdk: 'AMSCashierPayment', retries: [] },
    element: { sdk: 'AMSElement', retries: [FAIL, CANCEL] },
    page: { sdk: 'AMSCheckoutPage', retries: [FAIL], none: 'SDK_CALL_URL_SUCCESS' }
  };

  var PAID = /^(pending|authorized|succeeded|review)$/;

  // Texts that are no alert, that end it all, that offer Antom's own page.
  var CALM = /^(cancelled|away|unknown|paid|pending|order_closed|nothing)$/;
  var OVER = /^(paid|pending|order_closed|nothing)$/;
  var WAY_OUT = /^(blocked|silent|app|away|fault)$/;

  var current = null; // The page's one attempt to pay.
  var spentRequestId;
  var isClearing = false;
  var create;

  function start(form, input, isClick) {
    end(current);
    begin(make(form, input, isClick));
    ask(current);
  }

  function make(form, input, isClick) {
    return {
      state: 'asking',
      form: form,
      input: input,
      insteadOf: isClick && form.getAttribute('data-instead-of') || undefined,
      mode: form.getAttribute('data-antom-checkout'),
      inPage: isInPage(form) || form.hasAttribute('data-embedded'),
      methods: chosenMethods(form),
      session: {},
      repeats: 3,
      waiters: []
    };
  }

  function begin(attempt) {
    var form = attempt.form;
    current = attempt;
    furnish(form, true, attempt.inPage, attempt.inPage);
    say(form, attempt.inPage ? 'loading' : 'opening');
    showWaysOut(attempt);
  }

  function startOver(attempt) {
    var waiters = attempt.waiters.splice(0);
    start(attempt.form, attempt.input, attempt.insteadOf || attempt.state === 'away');
    current.waiters = waiters;
  }

  function renew(attempt) {
    var form = attempt.form;
    var next = make(form, document.activeElement);
    drop(attempt.next);
    attempt.next = next;
    next.old = attempt;
    next.state = 'renewing';
    lock(form, true);
    ask(next);
  }

  function renewed(next, data, meaning) {
    var old = next.old;
    old.next = null;
    if (/submitting|leaving|away/.test(old.state) || (meaning ?
        data.code === 'outcome_unknown' : // Perhaps in the view.
        old.session.paymentRequestId === next.session.paymentRequestId)) {
      if (old.state === 'open') {
        stand(old);
        refocus(next.input);
      }
      release(old);
    } else if (meaning) {
      old.session = next.session;
      old.state = 'loading'; // Nothing takes the view's room.
      end(old, data, meaning);
    } else {
      next.waiters = old.waiters.splice(0);
      keepPlace(old);
      end(old);
      next.state = 'asking';
      begin(next);
      load(next);
    }
  }

  function drop(attempt) {
    if (attempt) {
      attempt.state = 'ended';
      clearTimeout(attempt.timer);
    }
  }

  function release(attempt) {
    attempt.waiters.splice(0).forEach(function (resolve) {
      resolve();
    });
  }

  function react(attempt, name, data, meaning) {
    var act = attempt && TABLE[name][attempt.state];
    if (act) {
      act(attempt, data, meaning);
    }
  }

  function fault(attempt, code, message) {
    react(attempt, 'again', { code: code, message: message }, FAULT);
  }

  function ask(attempt) {
    call(attempt, attempt.form.getAttribute('data-session-url'), {
      orderReference: attempt.form.elements.orderReference.value,
      mode: attempt.mode,
      paymentMethodTypes: attempt.methods,
      spentRequestId: spentRequestId,
      insteadOf: attempt.insteadOf
    }, takeAnswer);
  }

  function takeAnswer(attempt, answer, request) {
    var status = request.status;
    attempt.session = answer;
    if (status < 300 && answer.paymentSessionData) {
      react(attempt, 'session');
    } else if (answer.code === 'outcome_unknown' && !answer.resultUrl && attempt.repeats) {
      react(attempt, 'unknown', request.getResponseHeader('Retry-After'));
    } else {
      answer.code = answer.code || (status ? 'http_' + status : 'network');
      react(attempt, 'again', answer, FAULT);
    }
  }

  function askLater(attempt, seconds) {
    attempt.repeats -= 1;
    say(attempt.form, 'checking');
    wait(attempt, 1000 * Math.min(seconds || 5, 30), ask);
  }

  function load(attempt) {
    var amount = part(attempt.form, 'amount');
    if (amount && attempt.session.payText) {
      amount.textContent = attempt.session.payText;
    }
    attempt.form.removeAttribute('data-instead-of');
    if (!announce(attempt, 'session', {})) {
      end(attempt);
    }
    if (attempt.state !== 'asking') {
      return;
    }
    attempt.state = 'loading';
    var tag = sdkTag();
    if (sdkClass(attempt) || !tag) {
      draw(attempt);
    } else {
      watch(attempt);
      onceDone(tag.getAttribute('data-antom-sdk') ? loadAgain(tag) : tag, function () {
        react(attempt, 'script');
      });
    }
  }

  function draw(attempt) {
    if (!sdkClass(attempt)) {
      fault(attempt, 'sdk_missing');
    } else if (isClearing) {
      wait(attempt, CLEAN_UP, draw);
    } else {
      drawNow(attempt);
    }
  }

  function drawNow(attempt) {
    watch(attempt);
    attempt.overflow = document.body.style.overflow;
    try {
      if (attempt.mode === 'cashier') {
        lendNonce(sdkTag());
      }
      attempt.sdk = new (sdkClass(attempt))(options(attempt));
      mount(attempt).then(guarded(attempt, function (answer) {
        if (answer.error) {
          report(attempt, answer.error, FAULT);
        } else {
          react(attempt, attempt.mode === 'cashier' ? 'wait' : 'stand');
        }
      }), onFault(attempt));
    } catch (error) {
      fault(attempt, 'sdk_failed', error.message);
    }
    if (attempt.state === 'ended') {
      closeView(attempt);
    }
  }

  function mount(attempt) {
    var params = { sessionData: attempt.session.paymentSessionData };
    var place = '#' + part(attempt.form, 'place').id;
    if (attempt.mode === 'element') {
      return attempt.sdk.mount({ type: 'payment', notRedirectAfterComplete: true }, place);
    }
    return attempt.inPage ? attempt.sdk.mountComponent(params, place) :
      attempt.sdk.createComponent(params);
  }

  function options(attempt) {
    var isElement = attempt.mode === 'element';
    var all = {
      environment: attempt.form.getAttribute('data-environment'),
      locale: attempt.form.getAttribute('data-locale'),
      onEventCallback: guarded(attempt, function (data) {
        var meaning = meaningOf(data.code || MODES[attempt.mode].none);
        var isEcho = isElement && staysAfter(attempt, meaning); // Of its promise.
        report(attempt, data, !isEcho && meaning);
      }),
      onError: onFault(attempt),
      onClose: guarded(attempt, function () {
        report(attempt, { code: 'onClose' }, CANCEL);
      })
    };
    if (isElement) {
      all.sessionData = attempt.session.paymentSessionData;
    }
    return all;
  }

  function report(attempt, data, meaning) {
    announce(attempt, 'event', data);
    react(attempt, meaning ? meaning.means : 'wait', data, meaning);
  }

  function open(attempt) {
    var form = attempt.form;
    attempt.state = 'open';
    clearTimeout(attempt.timer);
    part(form, 'place').style.minHeight = '';
    furnish(form, true, false, attempt.inPage && attempt.mode !== 'element');
    stand(attempt);
    refocus(attempt.input);
    if (!attempt.next) {
      release(attempt);
    }
  }

  function stand(attempt) {
    var form = attempt.form;
    var isElement = attempt.mode === 'element';
    lock(form, !isElement || attempt.next);
    form.querySelector('fieldset').disabled = !attempt.inPage;
    say(form, attempt.inPage ? isElement && 'ready' : 'continue');
  }

  function submit(attempt) {
    function refuse(error) {
      takeOutcome(attempt, { error: error });
    }
    attempt.state = 'submitting';
    clearTimeout(attempt.timer);
    lock(attempt.form, true);
    say(attempt.form, 'result');
    showWaysOut(attempt);
    try {
      attempt.sdk.submitPayment().then(guarded(attempt, function (answer) {
        takeOutcome(attempt, answer);
      }), guarded(attempt, refuse));
    } catch (error) {
      refuse(error);
    }
  }

  function takeOutcome(attempt, answer) {
    var error = answer.error || {};
    var meaning = meaningOf(error.code) || meaningOf(answer.status) || error.code && FAIL;
    report(attempt, {
      code: error.code || answer.status,
      resultCode: error.code,
      message: error.message,
      isSpent: error.needChangeSessionForRetry
    }, !answer.userCanceled3D && meaning || PROCESSING); // Nobody knows.
  }

  function leave(attempt, data, meaning) {
    attempt.state = 'leaving';
    attempt.inquiry = null;
    announce(attempt, meaning.tell, data);
    say(attempt.form, 'leaving');
    linger(attempt);
  }

  function linger(attempt) {
    attempt.left = Date.now();
    askOn(attempt);
  }

  function comeBack(attempt) {
    attempt.left = 0;
    inquire(attempt);
  }

  function doubt(attempt) {
    if (Date.now() - attempt.left < SILENCE) {
      askOn(attempt);
    } else {
      goAway(attempt);
    }
  }

  function goAway(attempt) {
    keepPlace(attempt);
    attempt.state = 'away';
    closeView(attempt);
    attempt.session.code = 'not_left';
    finish(attempt, attempt.session, AWAY, 'away');
    linger(attempt);
  }

  function askOn(attempt) {
    var time = Date.now() - attempt.left;
    if (time < PATIENCE) {
      wait(attempt, Math.max(PAUSE, time / 4), function () {
        if (!document.hidden) {
          inquire(attempt);
        }
      });
    }
  }

  // Nobody is told to pay again before the shop is asked.
  function inquire(attempt, data, meaning) {
    clearTimeout(attempt.timer);
    var inquiry = attempt.inquiry = {};
    var path = attempt.session.statusUrl.replace(/.*:..[^/]+/, ''); // Of this host.
    call(attempt, path, undefined, function (same, answer) {
      if (attempt.inquiry !== inquiry) {
        return;
      }
      if (PAID.test(answer.status) || answer.final && !meaning) {
        react(attempt, 'result', { code: answer.status }, PROCESSING);
      } else {
        react(attempt, meaning ? 'unpaid' : 'unsure', data, meaning);
      }
    });
  }

  function staysAfter(attempt, meaning) {
    return MODES[attempt.mode].retries.indexOf(meaning) >= 0;
  }

  function retry(attempt, data, meaning) {
    var text = textFor(attempt, data, meaning);
    if (!staysAfter(attempt, meaning) || text === 'result' ||
        needsNewSession(attempt, data)) {
      end(attempt, data, meaning);
    } else {
      attempt.state = 'open';
      if (attempt.mode === 'element') {
        reset(attempt.form);
      }
      tell(attempt, data, meaning, text);
    }
  }

  function watch(attempt) {
    wait(attempt, SILENCE, function () {
      fault(attempt, 'timeout');
    });
  }

  function wait(attempt, time, handle) {
    clearTimeout(attempt.timer);
    attempt.timer = setTimeout(handle, time, attempt);
  }

  function end(attempt, data, meaning) {
    if (!attempt || attempt.state === 'ended') {
      return;
    }
    var text = meaning && textFor(attempt, data, meaning);
    if (text === 'result' && attempt.session.resultUrl) {
      meaning = PROCESSING;
    }
    if (meaning && meaning.text) {
      keepPlace(attempt);
    }
    drop(attempt);
    drop(attempt.next);
    current = null;
    closeView(attempt);
    if (meaning && needsNewSession(attempt, data)) {
      spentRequestId = attempt.session.paymentRequestId;
    }
    finish(attempt, data, meaning, text === 'result' ? 'unknown' : text);
  }

  function finish(attempt, data, meaning, text) {
    reset(attempt.form);
    if (meaning) {
      tell(attempt, data, meaning, text);
    }
    release(attempt);
  }

  function tell(attempt, data, meaning, text) {
    var form = attempt.form;
    if (announce(attempt, meaning.tell, data)) {
      if (!meaning.text) {
        text = 'result';
        lock(form, true);
        location.assign(attempt.session.resultUrl);
      }
      say(form, text, meaning.text && !CALM.test(text), data.faultCode);
      showWaysOut(attempt, text);
      if (OVER.test(text)) {
        furnish(form, true, false, true);
      }
      if (data.paymentRequestId) { // The next click may replace it.
        form.setAttribute('data-instead-of', data.paymentRequestId);
      }
    }
    refocus(payButton(form));
    refocus(part(form, 'result-link'));
  }

  function keepPlace(attempt) {
    var place = part(attempt.form, 'place');
    if (attempt.mode === 'element' && attempt.sdk && attempt.state !== 'loading') {
      place.style.minHeight = place.offsetHeight + 'px';
    }
  }

  function closeView(attempt) {
    var sdk = attempt.sdk;
    attempt.sdk = null;
    if (create) {
      document.createElement = create;
      create = null;
    }
    if (sdk) {
      isClearing = true;
      setTimeout(function () {
        isClearing = false;
        document.body.style.overflow = attempt.overflow;
        refocus(payButton(attempt.form));
      }, CLEAN_UP);
      try {
        sdk[sdk.unmount ? 'unmount' : 'destroy']();
      } catch (error) { /* Closed. */ }
    }
  }

  // A phone's pop-up has its own style sheet.
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

  function guarded(attempt, handle) {
    return function (data) {
      if (attempt.state !== 'ended') {
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

  function onFault(attempt) {
    return guarded(attempt, function (data) {
      report(attempt, data, meaningOf(data.code) || FAULT);
    });
  }

  function sdkClass(attempt) {
    return window[MODES[attempt.mode].sdk];
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
    var copy = document.createRange().createContextualFragment(tag.outerHTML).firstChild;
    copy.nonce = tag.nonce;
    tag.parentNode.replaceChild(copy, tag);
    return copy;
  }

  function announce(attempt, name, data) {
    var detail = {
      code: data.code || data.errorCode || '',
      resultCode: codeOf(data),
      message: data.message || data.detail || (data.result || {}).paymentResultMessage || '',
      resultUrl: attempt.session.resultUrl || ''
    };
    if (name === 'error' && attempt.session.paymentSessionData) {
      call(attempt, attempt.form.getAttribute('data-report-url'), {
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

  function call(attempt, url, body, handle) {
    var token = part(attempt.form, 'csrf');
    var request = new XMLHttpRequest();
    request.open(body ? 'POST' : 'GET', url);
    request.responseType = 'json';
    request.timeout = ANSWER;
    request.setRequestHeader('Content-Type', 'application/json');
    if (token) {
      request.setRequestHeader('X-CSRFToken', token.value);
    }
    request.onloadend = handle && function () {
      handle(attempt, Object(request.response), request);
    };
    request.send(JSON.stringify(body));
  }

  function codeOf(data) {
    return data.resultCode || (data.result || {}).paymentResultCode || '';
  }

  function needsNewSession(attempt, data) {
    var codes = ' ' + attempt.form.getAttribute('data-new-session') + ' ';
    return data.isSpent || codes.indexOf(' ' + (codeOf(data) || data.code) + ' ') >= 0;
  }

  function textFor(attempt, data, meaning) {
    var name = meaning.text;
    [data.code, data.paymentStatus, codeOf(data)].forEach(function (code) {
      var text = attempt.form.querySelector(
        '[data-antom-codes~=' + JSON.stringify('' + code) + ']');
      name = text ? text.getAttribute('data-antom-text') : name;
    });
    return data.faultCode ? 'broken' :
      name === 'app' && attempt.state === 'loading' ? 'blocked' : name;
  }

  function chosenMethods(form) {
    return all('[type="hidden"][name="paymentMethodType"], :checked', form)
      .map(function (input) {
        return input.value;
      });
  }

  function lock(form, locked) {
    form.querySelector('fieldset').disabled = locked;
    payButton(form).disabled = locked;
  }

  function furnish(form, isLocked, isLoading, hidesButton) {
    lock(form, isLocked);
    part(form, 'place').setAttribute('aria-busy', isLoading);
    payButton(form).hidden = hidesButton;
  }

  function reset(form) {
    furnish(form, false, false, false);
    say(form, '');
  }

  function refocus(input) {
    if (input && document.activeElement === document.body) {
      input.focus({ preventScroll: true });
    }
  }

  function all(selector, root) {
    return [].slice.call((root || document).querySelectorAll(selector));
  }

  function payButton(form) {
    return form.querySelector('button[type="submit"]');
  }

  function part(form, name) {
    return form.querySelector('[data-antom-' + name + ']');
  }

  function wordsOf(form, name) {
    var text = name && form.querySelector('[data-antom-text="' + name + '"]');
    return text ? text.textContent : '';
  }

  function say(form, name, isAlert, code) {
    var words = wordsOf(form, name).replace('%(code)s', code);
    var alert = form.querySelector('[role="alert"]');
    form.querySelector('[role="status"]').textContent = isAlert ? '' : words;
    alert.textContent = isAlert ? words : '';
    if (isAlert) {
      alert.scrollIntoView({ block: 'nearest' });
    }
  }

  function showWaysOut(attempt, text) {
    var form = attempt.form;
    var url = attempt.session.resultUrl;
    var link = part(form, 'result-link');
    link.hidden = !url;
    link.href = url || '';
    link.textContent = wordsOf(form, text === 'paid' ? 'view' : 'check');
    part(form, 'hosted').hidden = !WAY_OUT.test(text) &&
      (attempt.mode !== 'page' || attempt.state === 'ended');
  }

  function meaningOf(code) {
    return CODES.hasOwnProperty(code) && CODES[code];
  }

  function seePage() {
    if (!document.hidden) {
      react(current, 'visible');
    }
  }

  document.addEventListener('visibilitychange', seePage);
  window.addEventListener('focus', seePage);

  // The page. Forms come and go, also as copies.

  var count = 0;
  var known = 0;

  function prepare(form) {
    var place = part(form, 'place');
    if (!place.id || !(place.antom > known)) { // Morphed, or new.
      if (isPaying(form)) {
        end(current);
      }
      place.textContent = place.style.minHeight = '';
      lock(form, false);
      reset(form);
      place.removeAttribute('aria-busy');
      part(form, 'hosted').hidden = part(form, 'result-link').hidden = true;
      remember(form);
      place.antom = count += 1;
      place.id = 'antom-' + count;
      openAtOnce(form);
    }
  }

  function isPaying(form) {
    return current && current.form === form;
  }

  function openAtOnce(form) {
    if (isInPage(form) && !current && !document.querySelector('[data-turbo-preview]')) {
      start(form);
    }
  }

  function isInPage(form) {
    return form.getAttribute('data-antom-checkout') !== 'cashier';
  }

  function remember(form, isNew) {
    try {
      if (isNew) {
        localStorage.antomMethod = form.querySelector(':checked').value;
      }
      form.querySelector('[value=' + localStorage.antomMethod + ']').checked = true;
    } catch (error) { /* It cannot be kept. */ }
  }

  function scan() {
    all('script[data-antom-sdk=""]').forEach(function (tag) {
      onceDone(tag, markDone);
    });
    all(FORMS).forEach(prepare);
  }

  function refresh(form) {
    return new Promise(function (resolve) {
      if (!current) {
        (form ? [form] : all(FORMS)).forEach(openAtOnce);
      } else if (isInPage(current.form) && isPaying(form || current.form)) {
        react(current, 'refresh');
      }
      if (current && isPaying(form || current.form) &&
          (current.next || /asking|loading/.test(current.state))) {
        current.waiters.push(resolve);
      } else {
        resolve();
      }
    });
  }

  function forget() {
    end(current);
    known = count;
  }

  function listen(type, handle) {
    window.addEventListener(type, handle, true);
  }

  window.antomCheckout = { scan: scan, refresh: refresh };
  listen('submit', function (event) {
    var form = event.target;
    if (form.matches(FORMS)) {
      event.preventDefault();
      prepare(form);
      if (!payButton(form).disabled) {
        remember(form, true);
        if (isPaying(form)) {
          react(current, 'pay');
        } else {
          start(form, null, true);
        }
      }
    }
  });
  listen('change', function (event) {
    var input = event.target;
    if (input.name === 'paymentMethodType' && isPaying(input.form) && current.sdk) {
      start(input.form, input);
    }
  });
  listen('click', function (event) {
    var form = (event.target.closest('[data-antom-hosted]') || event).form;
    if (isPaying(form) && current.session.normalUrl) {
      location.assign(current.session.normalUrl);
    } else if (form) {
      lock(form, false);
      form.submit();
    }
  });
  listen('turbo:before-cache', function () {
    if (current && !current.inPage) {
      end(current);
    }
  });
  listen('turbo:before-morph-element', function (event) {
    var old = event.target;
    var other = event.detail.newElement;
    if (other ? isPaying(old) && old[0].isEqualNode(other[0]) :
        current && !current.inPage && old.parentNode === document.body) {
      event.preventDefault();
      refresh();
    }
  });
  listen('pagehide', forget);
  listen('pageshow', scan);
  scan();
  new MutationObserver(function (records) {
    records.forEach(function (record) {
      [].forEach.call(record.removedNodes, function (node) {
        if (node.contains(current && current.form)) {
          forget();
        }
      });
    });
    scan();
  }).observe(document, { childList: true, subtree: true });
}());
