/* AMSCashierPayment: the cashier of the guide, in a pop-up or inside the page. */

var LOAD_LIMIT = 15000; // ms until the cashier must have spoken
var CLOSING_TIME = 300; // ms that a closing pop-up stays in the page

var CALLBACKS = [
  "onError", "onEventCallback", "onClose", "onLog", "onSizeChanged",
  "onPaymentMethodSelected", "onBeforeSubmit", "onChange"
];

var PARAMETER = "SDK_CREATEPAYMENT_PARAMETER_ERROR";
var FAULTS = {
  noSession: { code: PARAMETER },
  badSession: {
    code: PARAMETER,
    message: "Abnormal response data, interface failure, or unsupported payment method"
  },
  unsupported: { code: PARAMETER, message: "unsupported payment method" },
  network: {
    code: "SDK_INIT_PARAMETER_ERROR",
    message: "The network mode is not supported"
  },
  singleton: {
    code: "SDK_CREATECOMPONENT_ERROR",
    message: "Only one component can be rendered simultaneously"
  },
  timeout: { code: "SDK_CREATECOMPONENT_ERROR", message: "Load resource timeout" },
  badMessage: { code: "SDK_INTERNAL_ERROR", message: "The message is not JSON" }
};

var IDS = {
  mask: "ams-component-mockup",
  container: "ams-component-container",
  frame: "ams-checkout-component",
  close: "asm-component-close-block",
  question: "ams-component-retention",
  remain: "ams-component-retention-remain",
  leave: "ams-component-retention-leave"
};

function AMSCashierPayment(options) {
  var given = options || {};
  CALLBACKS.forEach(function (name) {
    if (given[name] && typeof given[name] !== "function") {
      throw new Error("Parameter type should be function");
    }
  });
  this._options = given;
  this._environment = environmentOf(given.environment);
  this._instanceId = newInstanceId();
  this._open = null; // what belongs to the component that is open
}

/* Opens the cashier in a pop-up. */
AMSCashierPayment.prototype.createComponent = function (params) {
  var sdk = this;
  return sdk._checked(params, true).then(function (session) {
    return sdk._start(session, params, null);
  });
};

/* Opens the cashier inside an element of the page. */
AMSCashierPayment.prototype.mountComponent = function (params, selector) {
  var sdk = this;
  return sdk._checked(params, false).then(function (session) {
    return sdk._start(session, params, selector);
  });
};

AMSCashierPayment.prototype.unmount = function () {
  this._close(true);
};

AMSCashierPayment.prototype._emit = function (callback, data) {
  if (this._options[callback]) this._options[callback](data);
};

AMSCashierPayment.prototype._checked = function (params, isPopUp) {
  var sdk = this;
  return new Promise(function (resolve, reject) {
    var session = params && (params.sessionData || params.paymentSessionData);
    var mode = sdk._options.networkMode;
    var parsed = session ? parse(session) : null;
    var fault = !session ? FAULTS.noSession
      : mode && mode !== "session" ? FAULTS.network
      : !parsed.scene ? FAULTS.badSession
      : isPopUp && parsed.scene === "ELEMENT_PAYMENT" ? FAULTS.unsupported
      : null;
    if (!fault) return resolve(parsed);
    reject(fault);
    sdk._emit("onError", fault);
  });
};

AMSCashierPayment.prototype._start = function (session, params, selector) {
  var sdk = this;
  if (sdk._open) {
    sdk._emit("onError", FAULTS.singleton);
    return Promise.reject(FAULTS.singleton);
  }
  var open = sdk._open = { allowsQuestion: true, declared: null, params: params };
  return new Promise(function (resolve, reject) {
    sdk._emit("onEventCallback", { code: "SDK_START_OF_LOADING" });
    if (selector !== null && !document.querySelector(selector)) {
      reject({ code: PARAMETER, message: selector + " is not a valid selector" });
      return;
    }
    open.frame = makeFrame(sdk._address(session, selector === null));
    if (selector === null) {
      showPopUp(sdk, open.frame, showsLoading(params));
    } else {
      showInline(open.frame, document.querySelector(selector));
    }
    open.launched = resolve;
    open.timer = setTimeout(function () {
      sdk._emit("onError", FAULTS.timeout);
      sdk._emit("onEventCallback", FAULTS.timeout);
      reject(FAULTS.timeout);
    }, LOAD_LIMIT);
    open.listener = function (message) { sdk._hear(message, session); };
    window.addEventListener("message", open.listener);
  }).then(function () {
    clearTimeout(open.timer);
  }, function (fault) {
    sdk._close(false);
    throw fault;
  });
};

AMSCashierPayment.prototype._address = function (session, isPopUp) {
  var page = session.scene === "ELEMENT_PAYMENT" ? "/element/" : "/cashier/";
  return HOME + page + session.id + frameQuery(this._instanceId,
    isPopUp ? "popup" : "inline", this._options.locale, this._environment);
};

AMSCashierPayment.prototype._hear = function (message, session) {
  var open = this._open;
  var said;
  if (!open || message.source !== open.frame.contentWindow) return;
  if (message.origin !== HOME) return;
  try {
    said = JSON.parse(message.data);
  } catch (error) {
    this._emit("onError", FAULTS.badMessage);
    return;
  }
  if (said.name !== "APP_TO_SDK" || said.instanceId !== this._instanceId) return;
  this._obey(open, said.context.event, said.context.data, session);
};

AMSCashierPayment.prototype._obey = function (open, event, data, session) {
  if (event === "onLaunch") {
    this._tell(open, session);
    open.launched();
  } else if (event === "onSizeChanged") {
    resize(open.frame, data);
    this._emit("onSizeChanged", data);
  } else if (event === "dismissLoading") {
    hideLoading();
    this._emit("onEventCallback", { code: "SDK_END_OF_LOADING", message: "" });
  } else if (event === "onRedirect") {
    this._redirect(data);
  } else if (event === "onClose") {
    this._ask();
  } else if (event === "setAllowRetention") {
    open.allowsQuestion = data !== false;
  } else if (event === "declareEventCallbackInfo") {
    open.declared = data.popWindowEventInfo;
  } else if (event === "onEventCallback" || event === "onError" || event === "onLog") {
    this._emit(event, data);
  }
};

AMSCashierPayment.prototype._tell = function (open, session) {
  post(open.frame, this._instanceId, {
    event: "renderComponent",
    data: {
      sessionResult: session.data,
      paymentSessionData: session.id,
      appearance: open.params.appearance,
      notRedirectAfterComplete: open.params.notRedirectAfterComplete === true
    }
  });
};

AMSCashierPayment.prototype._redirect = function (data) {
  this._close(false);
  this._emit("onEventCallback", redirectTo(data));
};

/* The close button: asks first, unless the cashier forbade it. */
AMSCashierPayment.prototype._ask = function () {
  if (this._open && this._open.allowsQuestion) {
    document.getElementById(IDS.question).hidden = false;
    document.getElementById(IDS.remain).focus();
  } else {
    this._leave();
  }
};

AMSCashierPayment.prototype._leave = function () {
  var declared = this._open && this._open.declared;
  this._emit("onClose", {});
  this._close(false);
  if (declared && declared.enableCallback) {
    this._emit("onEventCallback", {
      code: declared.eventName,
      result: { result: declared.eventResult || {} }
    });
  }
};

/* A closing pop-up leaves the page a little later. Like the real SDK it then removes
   whatever bears its ids, a newer pop-up included. */
AMSCashierPayment.prototype._close = function (isAtOnce) {
  var open = this._open;
  this._open = null;
  if (open) {
    clearTimeout(open.timer);
    window.removeEventListener("message", open.listener);
    if (open.launched) open.launched();
  }
  if (isAtOnce) {
    clear();
  } else {
    setTimeout(clear, CLOSING_TIME);
  }
};

function parse(session) {
  var data = sessionFacts(session) || {};
  var config = data.paymentSessionConfig || {};
  return { id: sessionId(session), data: data, scene: config.productScene };
}

function showsLoading(params) {
  var appearance = params.appearance || {};
  return typeof appearance.showLoading === "boolean" ? appearance.showLoading : true;
}

function make(tag, id, parent) {
  var element = document.createElement(tag);
  element.id = id;
  if (parent) parent.appendChild(element);
  return element;
}

function makeFrame(address) {
  var frame = make("iframe", IDS.frame, null);
  frame.title = "Antom simulator: cashier";
  frame.allow = "payment";
  frame.src = address;
  return frame;
}

function showPopUp(sdk, frame, isLoading) {
  clear();
  var mask = make("div", IDS.mask, document.body);
  mask.classList.toggle("loading", isLoading);
  var container = make("div", IDS.container, document.body);
  container.setAttribute("role", "dialog");
  container.setAttribute("aria-modal", "true");
  container.setAttribute("aria-label", "Payment");
  var close = make("button", IDS.close, container);
  close.type = "button";
  close.textContent = "\u00d7";
  close.setAttribute("aria-label", "Close");
  close.onclick = function () { sdk._ask(); };
  container.appendChild(frame);
  makeQuestion(sdk, container);
  document.body.style.overflow = "hidden";
}

function makeQuestion(sdk, container) {
  var question = make("div", IDS.question, container);
  question.hidden = true;
  make("p", IDS.question + "-title", question).textContent =
    "Leave without paying?";
  var remain = make("button", IDS.remain, question);
  remain.type = "button";
  remain.textContent = "Stay and pay";
  remain.onclick = function () { question.hidden = true; };
  var leave = make("button", IDS.leave, question);
  leave.type = "button";
  leave.textContent = "Leave";
  leave.onclick = function () { sdk._leave(); };
}

function showInline(frame, place) {
  var container = make("div", IDS.container, place);
  container.classList.add("inline");
  container.appendChild(frame);
}

function resize(frame, data) {
  if (data.height <= 1) return;
  frame.style.height = data.height + "px";
  frame.classList.add("shown");
  hideLoading();
}

function hideLoading() {
  var mask = document.getElementById(IDS.mask);
  if (mask) mask.classList.remove("loading");
}

function clear() {
  [IDS.mask, IDS.container].forEach(function (id) {
    var element = document.getElementById(id);
    if (element) element.remove();
  });
  document.body.style.overflow = "auto";
}

/* A constructed sheet needs no leave from a Content-Security-Policy. */
var sheet = new CSSStyleSheet();
sheet.replaceSync([
  "#ID-mockup { position: fixed; inset: 0; z-index: 1000; background: rgb(12 18 28 / .6); }",
  "#ID-mockup.loading::after { content: ''; position: fixed; left: calc(50% - 20px);",
  "  top: calc(50% - 20px); width: 40px; height: 40px; border-radius: 50%;",
  "  border: 4px solid rgb(255 255 255 / .35); border-top-color: #fff;",
  "  animation: ams-turn 1s linear infinite; }",
  "@keyframes ams-turn { to { transform: rotate(360deg); } }",
  "#ID-container { position: fixed; z-index: 1001; left: 50%; top: 50%; width: 440px;",
  "  max-width: 100%; max-height: 100%; overflow: hidden auto; border-radius: 14px;",
  "  transform: translate(-50%, -50%); }",
  "#ID-container.inline { position: static; width: auto; max-height: none;",
  "  transform: none; }",
  "#ams-checkout-component { display: block; width: 100%; height: 1px; border: 0;",
  "  opacity: 0; }",
  "#ams-checkout-component.shown { opacity: 1; }",
  "#asm-component-close-block { position: absolute; right: 0; top: 0; z-index: 1;",
  "  width: 44px; height: 32px; padding: 0; border: 0; background: none; color: #fff;",
  "  font: 22px/32px system-ui, sans-serif; cursor: pointer; }",
  "#ID-retention { position: absolute; inset: 0; z-index: 2; display: grid;",
  "  align-content: center; gap: 10px; padding: 24px; text-align: center;",
  "  background: #fff; color: #16202e;",
  "  font: 16px/1.5 system-ui, sans-serif; }",
  "#ID-retention[hidden] { display: none; }",
  "#ID-retention-title { margin: 0 0 8px; font-size: 18px; font-weight: 600; }",
  "#ID-retention button { min-height: 44px; border-radius: 8px; cursor: pointer;",
  "  border: 1px solid #1658c9; background: #fff; color: #1658c9; font: inherit; }",
  "#ID-retention #ID-retention-remain { background: #1658c9; color: #fff; }",
  "@media (max-width: 480px) {",
  "  #ID-container:not(.inline) { top: auto; bottom: 0; width: 100%;",
  "    border-radius: 14px 14px 0 0; transform: translateX(-50%); }",
  "}"
].join("\n").replace(/#ID/g, "#ams-component"));
document.adoptedStyleSheets = document.adoptedStyleSheets.concat(sheet);

window.AMSCashierPayment = AMSCashierPayment;
