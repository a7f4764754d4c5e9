/* Flask-Antom: the buyer's half of a checkout. ES5, for iOS 11 and Android 5.
 *
 * The shop gives a payment session, which goes to Antom's SDK. What that reports is a
 * hint: the result page asks the server.
 *
 * A page has one attempt to pay at a time. It is `asking` the shop for a session,
 * `loading` the SDK and its view, `open` to the buyer, `submitting` an element, `leaving`
 * for a wallet, or `ended`. CODES says what a report means, TABLE what is done about it.
 * Behind a view, another attempt may be `renewing` its session: `next`.
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

  var FORMS = 'form[data-session-url]';

  var FAULT = { means: 'again', tell: 'error', text: 'fault' };

  // What a code means, the DOM event that tells it, and the buyer's text.
  var CODES = {
    SDK_START_OF_LOADING: { means: 'wait' },
    SDK_PAYMENT_WARN: { means: 'wait' },
    SDK_PAYMENT_SHIPPINGCHANGE: { means: 'wait' },
    SDK_PAYMENT_APPROVE: { means: 'wait' },
    SDK_REDIRECT: { means: 'wait' },
    SDK_END_OF_LOADING: { means: 'stand' },
    SDK_PAYMENT_CHALLENGE: { means: 'stand' },
    SDK_PAYMENT_RETRY: { means: 'back' },
    SDK_FORM_VERIFICATION_FAILED: { means: 'stand' },
    SDK_DUPLICATE_SUBMISSION_BEHAVIOR: { means: 'stand' },
    SDK_SUBMIT_NETWORK_ERROR: { means: 'stand' },
    SDK_CALL_URL_SUCCESS: { means: 'leave', tell: 'redirect' },
    SDK_PAYMENT_SUCCESSFUL: { means: 'result', tell: 'success' },
    SDK_PAYMENT_AUTHORIZATION_SUCCESSFUL: { means: 'result', tell: 'processing' },
    SDK_PAYMENT_PROCESSING: { means: 'processing', tell: 'processing' },
    SDK_PAYMENT_ERROR: { means: 'result', tell: 'error' },
    SDK_PAYMENT_FAIL: { means: 'fail', tell: 'fail', text: 'failed' },
    SDK_PAYMENT_CANCEL: { means: 'cancel', tell: 'cancel', text: 'cancelled' },
    SDK_PAYMENT_CLICK_BACK_TO_MERCHANT:
      { means: 'again', tell: 'cancel', text: 'cancelled' },
    SDK_CALL_URL_ERROR: { means: 'again', tell: 'error', text: 'app' },
    SDK_LAUNCH_PAYMENT_APP_ERROR: { means: 'again', tell: 'error', text: 'app' },
    SDK_CREATECOMPONENT_ERROR: FAULT,
    SDK_CREATE_COMPONENT_ERROR: FAULT,
    SDK_CREATEPAYMENT_PARAMETER_ERROR: FAULT,
    SDK_INIT_PARAMETER_ERROR: FAULT,
    // Any unreadable message.
    SDK_INTERNAL_ERROR: { means: 'noise', tell: 'error', text: 'fault' }
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

  // Meaning -> state -> what is done. What is not here changes nothing. `load`, `open`,
  // `submit`, `leave` and `end` lead to the state of that name, `reopen` to `open`; so does
  // `retry` where MODES lets the view stay, and else to `ended`. `fail`: the payment failed;
  // `again`: something broke, and the buyer may start again. `refresh`: the order changed.
  var TABLE = {
    refresh:    { asking: startOver, loading: renew, open: renew },
    session:    { asking: load, renewing: replace },
    unknown:    { asking: askLater, renewing: askLater },
    script:     { loading: draw },
    pay:        { open: submit, leaving: send },
    silence:    { loading: endLoading, leaving: endLeaving },
    wait:       { loading: watch, leaving: watch },
    stand:      { loading: open, leaving: watch },
    back:       { loading: open, leaving: reopen },
    leave:      { loading: leave, open: leave, submitting: leave },
    result:     { loading: end, open: end, submitting: end, leaving: end },
    processing: { loading: end, open: end, submitting: end, leaving: note },
    fail:       { loading: end, open: retry, submitting: retry, leaving: retry },
    cancel:     { loading: end, open: retry, submitting: retry, leaving: retry },
    again:      { asking: end, loading: end, open: end, submitting: end, leaving: end,
      renewing: endView },
    noise:      { loading: end, open: tellOnce, submitting: tellOnce, leaving: tellOnce }
  };

  // The SDK's class, how its view closes, and what does not close it.
  var MODES = {
    cashier: { sdk: 'AMSCashierPayment', close: 'unmount', retries: [] },
    element: { sdk: 'AMSElement', close: 'destroy', retries: [FAIL, CANCEL] },
    page: { sdk: 'AMSCheckoutPage', close: 'unmount', retries: [FAIL] }
  };

  var current = null; // The page's one attempt to pay.
  var spent; // The session that is of no more use.
  var quietUntil = 0; // No new pop-up before.
  var ownOverflow = null; // The page's own, while the SDK has changed it.
  var create; // The page's own, while ours is in its place.

  // An attempt.

  function start(form, input) {
    end(current);
    begin(make(form, input));
    ask(current);
  }

  function make(form, input) {
    var mode = form.getAttribute('data-antom-checkout');
    return {
      state: 'asking',
      form: form,
      input: input,
      mode: mode,
      inPage: isInPage(form) || form.hasAttribute('data-embedded'),
      methods: chosenMethods(form),
      session: {},
      sdk: null,
      ifStays: CODES.SDK_CALL_URL_ERROR,
      told: null,
      repeats: 0,
      timer: 0,
      next: null,
      waiters: [] // What refresh() has promised.
    };
  }

  function begin(attempt) {
    var form = attempt.form;
    current = attempt;
    lock(form, true);
    furnish(form, attempt.inPage, attempt.inPage);
    say(form, attempt.inPage ? 'loading' : 'opening');
    showWaysOut(form);
  }

  function startOver(attempt) {
    var waiters = attempt.waiters.splice(0);
    start(attempt.form, attempt.input);
    current.waiters = waiters;
  }

  // The view stays until the shop says that its session is out of date.
  function renew(attempt) {
    var form = attempt.form;
    var isFocused = document.activeElement === payButton(form);
    var next = make(form, isFocused ? payButton(form) : attempt.input);
    drop(attempt.next);
    attempt.next = next;
    next.old = attempt;
    next.state = 'renewing';
    lock(form, true);
    ask(next);
  }

  function replace(next) {
    var old = next.old;
    if (isBegun(old) || old.session.paymentRequestId === next.session.paymentRequestId) {
      keepView(next);
      return;
    }
    next.waiters = old.waiters.splice(0);
    old.next = null;
    keepPlace(old);
    end(old);
    next.state = 'asking';
    begin(next);
    load(next);
  }

  function endView(next, data, meaning) {
    if (isBegun(next.old) || data.code === 'outcome_unknown') { // Perhaps in the view.
      keepView(next);
    } else {
      next.old.session = next.session;
      next.old.state = 'loading'; // Nothing takes the view's room.
      end(next.old, data, meaning);
    }
  }

  function isBegun(attempt) {
    return /submitting|leaving/.test(attempt.state);
  }

  function keepView(next) {
    var old = next.old;
    drop(next);
    old.next = null;
    if (old.state === 'open') {
      stand(old);
      refocus(next.input);
    }
    release(old);
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
    var act = TABLE[name][attempt.state];
    if (act) {
      act(attempt, data, meaning);
    }
  }

  function fault(attempt, code, text, cause) {
    cause = cause || {};
    react(attempt, 'again', {
      code: code,
      message: cause.detail || cause.message,
      resultCode: cause.resultCode
    }, { tell: 'error', text: text });
  }

  function ask(attempt) {
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
      takeAnswer(attempt, request);
    };
    request.onerror = request.ontimeout = function () {
      fault(attempt, 'network', 'network');
    };
  }

  function takeAnswer(attempt, request) {
    var answer = attempt.session = parse(request.responseText);
    if (request.status < 300 && answer.paymentSessionData) {
      react(attempt, 'session');
    } else if (answer.code === 'outcome_unknown' && attempt.repeats < REPEATS &&
        !(attempt.old && answer.resultUrl)) {
      react(attempt, 'unknown', request.getResponseHeader('Retry-After'));
    } else { // Or a gone token, a crash.
      fault(attempt, answer.code || 'http_' + request.status,
        /40[0-3]/.test(request.status) ? 'reload' : 'fault', answer);
    }
  }

  function askLater(attempt, seconds) {
    attempt.repeats += 1;
    say(attempt.form, 'checking');
    wait(attempt, 1000 * Math.min(parseInt(seconds, 10) || 5, 30), ask);
  }

  function load(attempt) {
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
      return;
    }
    watch(attempt);
    if (tag.getAttribute('data-antom-sdk') === 'done') {
      tag = loadAgain(tag);
    }
    onceDone(tag, function () {
      react(attempt, 'script');
    });
  }

  function draw(attempt) {
    if (!sdkClass(attempt)) {
      fault(attempt, 'sdk_missing', 'blocked');
      return;
    }
    if (quietUntil > Date.now()) {
      wait(attempt, quietUntil - Date.now(), draw);
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
      settle(attempt, attempt.state === 'ended' || mount(attempt), function (answer) {
        if (answer.error) {
          report(attempt, answer.error, FAULT);
        } else {
          react(attempt, attempt.mode === 'cashier' ? 'wait' : 'stand');
        }
      }, onFault(attempt));
    } catch (error) {
      fault(attempt, 'sdk_failed', 'blocked', error);
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
        report(attempt, data);
      }),
      onEventCallback: guarded(attempt, function (data) {
        report(attempt, data, own(CODES, data.code));
      }),
      onError: onFault(attempt),
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
  function report(attempt, data, meaning) {
    announce(attempt, 'event', data);
    react(attempt, meaning ? meaning.means : 'wait', data, meaning);
  }

  function open(attempt) {
    var form = attempt.form;
    attempt.state = 'open';
    part(form, 'place').style.minHeight = '';
    furnish(form, false, attempt.inPage && attempt.mode !== 'element');
    part(form, 'hosted').hidden = attempt.mode !== 'page';
    stand(attempt);
    refocus(attempt.input);
    if (!attempt.next) {
      release(attempt);
    }
  }

  function stand(attempt) {
    var form = attempt.form;
    var isElement = attempt.mode === 'element';
    lock(form, !isElement || !!attempt.next);
    form.querySelector('fieldset').disabled = !attempt.inPage;
    say(form, attempt.inPage ? isElement && 'ready' : 'continue');
  }

  function reopen(attempt) {
    attempt.state = 'open';
  }

  function submit(attempt) {
    attempt.state = 'submitting';
    send(attempt);
  }

  function send(attempt) {
    function refuse(error) {
      takeOutcome(attempt, { error: error });
    }
    lock(attempt.form, true);
    say(attempt.form, 'result');
    showWaysOut(attempt.form, attempt.session.resultUrl);
    try {
      settle(attempt, attempt.sdk.submitPayment(), function (answer) {
        takeOutcome(attempt, answer);
      }, refuse);
    } catch (error) {
      refuse(error);
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
      isOutcome: true,
      isSpent: error.needChangeSessionForRetry || answer.needChangeSessionForRetry
    }, meaning || FAIL);
  }

  function leave(attempt, data, meaning) {
    attempt.state = 'leaving';
    announce(attempt, meaning.tell, data);
    say(attempt.form, 'leaving');
    watch(attempt);
  }

  // Perhaps paid in another window.
  function note(attempt, data, meaning) {
    attempt.ifStays = meaning;
    watch(attempt);
  }

  function tellOnce(attempt, data, meaning) {
    if (attempt.told !== data.message) {
      attempt.told = data.message;
      announce(attempt, meaning.tell, data);
    }
  }

  function retry(attempt, data, meaning) {
    var form = attempt.form;
    var isElement = attempt.mode === 'element';
    var text = textFor(form, data, meaning);
    if (isElement && !data.isOutcome) { // Its promise tells, too.
      return;
    }
    if (MODES[attempt.mode].retries.indexOf(meaning) < 0 || text === 'result' ||
        needsNewSession(form, data)) {
      end(attempt, data, meaning);
      return;
    }
    attempt.state = 'open';
    if (isElement) {
      reset(form);
    }
    if (announce(attempt, meaning.tell, data)) {
      say(form, text, meaning !== CANCEL);
    }
  }

  // Every sign of life winds the clock again.
  function watch(attempt) {
    wait(attempt, SILENCE, function () {
      react(attempt, 'silence');
    });
  }

  function wait(attempt, time, handle) {
    clearTimeout(attempt.timer);
    attempt.timer = setTimeout(handle, time, attempt);
  }

  function endLoading(attempt) {
    if (!sdkClass(attempt) && sdkTag()) {
      markDone.call(sdkTag());
    }
    fault(attempt, 'timeout', 'silent');
  }

  function endLeaving(attempt) {
    if (document.hidden) {
      watch(attempt);
    } else {
      end(attempt, { code: 'not_left' }, attempt.ifStays);
    }
  }

  // Without a meaning nobody is told.
  function end(attempt, data, meaning) {
    if (!attempt || attempt.state === 'ended') {
      return;
    }
    var form = attempt.form;
    var url = attempt.session.resultUrl;
    var text = meaning && textFor(form, data, meaning);
    if (text === 'result' && url) { // Nobody knows.
      meaning = PROCESSING;
    }
    if (meaning && meaning.text) {
      keepPlace(attempt);
    }
    drop(attempt);
    drop(attempt.next);
    current = null;
    closeView(attempt);
    if (meaning && needsNewSession(form, data)) {
      spent = attempt.session.paymentRequestId;
    }
    if (meaning && url && !meaning.text) {
      showResult(attempt, data, meaning);
    } else {
      reset(form);
      if (meaning && announce(attempt, meaning.tell, data)) {
        say(form, text === 'result' ? 'unknown' : text, meaning.tell !== 'cancel');
        showWaysOut(form, url, text);
      }
    }
    release(attempt);
  }

  // The button below an element stays where it is.
  function keepPlace(attempt) {
    var place = part(attempt.form, 'place');
    if (attempt.mode === 'element' && /open|submitting|leaving/.test(attempt.state)) {
      place.style.minHeight = place.offsetHeight + 'px';
    }
  }

  function showResult(attempt, data, meaning) {
    var url = attempt.session.resultUrl;
    if (announce(attempt, meaning.tell, data)) {
      say(attempt.form, 'result');
      showWaysOut(attempt.form, url);
      location.assign(url);
    } else {
      reset(attempt.form);
    }
  }

  function closeView(attempt) {
    var sdk = attempt.sdk;
    if (create) {
      document.createElement = create;
      create = null;
    }
    if (!sdk) {
      return;
    }
    try {
      sdk[MODES[attempt.mode].close]();
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
      report(attempt, data, own(CODES, data.code) || FAULT);
    });
  }

  function settle(attempt, promise, handle, fail) {
    if (promise && promise.then) {
      promise.then(guarded(attempt, handle), guarded(attempt, fail));
    }
  }

  function sdkClass(attempt) {
    var named = window[MODES[attempt.mode].sdk];
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
    return all('input[name="paymentMethodType"]', form).filter(function (input) {
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

  function reset(form) {
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

  function all(selector, root) {
    return [].slice.call((root || document).querySelectorAll(selector));
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
    return table.hasOwnProperty(key) && table[key];
  }

  function parse(text) {
    try {
      return JSON.parse(text) || {};
    } catch (error) {
      return {};
    }
  }

  // The page. Its forms come and go, also as copies.

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

  // Done once the view stands, or cannot.
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
          start(form);
        }
      }
    }
  });
  listen('change', function (event) {
    var input = event.target;
    if (input.name === 'paymentMethodType' && isPaying(input.form)) {
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
