/* AMSElement: Payment Element. The shop has the button, and calls submitPayment. */

var ELEMENT_LIMIT = 10000; // ms until the element must have shown itself

var NOT_STARTED = "An error occurred. The transaction cannot be initiated.";
var ELEMENT_ERRORS = {
  parameter: { code: "PARAM_INVALID", message: NOT_STARTED },
  state: { code: "UI_STATE_ERROR", message: NOT_STARTED },
  api: { code: "INITIALIZE_API_TIMEOUT", message: NOT_STARTED },
  web: {
    code: "INITIALIZE_WEB_TIMEOUT",
    message: "An error occurred; the transaction cannot be initiated."
  },
  data: { code: "ERR_DATA_STRUCT_UNRECOGNIZED", message: NOT_STARTED }
};

/* Codes of the gateway that have words of the script's own. */
var ABNORMAL = "The order status is abnormal." +
  " Please check the payment status and contact the merchant.";
var OWN_WORDS = {
  INQUIRY_PAYMENT_SESSION_FAILED: ABNORMAL,
  REPEAT_REQ_REJECT: ABNORMAL
};

function AMSElement(options) {
  this._options = options;
  if (!options.sessionData) { // without options this throws
    if (options.onEventCallback) {
      options.onEventCallback({
        code: "SDK_CREATE_COMPONENT_ERROR",
        message: "sessionData is empty"
      });
    }
    throw invalidConfig("sessionData", "sessionData is empty");
  }
  this._environment = environmentOf(options.environment);
  this._instanceId = newInstanceId() + "-payment";
  this._status = "READY";
  this._isLoading = false;
  this._query = null; // what the gateway said of the session
  this._replies = {};
  this._hear = this._hear.bind(this);
}

AMSElement.prototype.mount = function (renderOptions, selector) {
  var element = this;
  return new Promise(function (resolve) {
    var why = element._whyNotMount(selector);
    if (why) {
      element._emit("SDK_CREATE_COMPONENT_ERROR", why.message);
      return resolve({ error: why.error });
    }
    element._ready = function (payload) { resolve(Object.assign({}, payload)); };
    clearTimeout(element._timer);
    element._timer = setTimeout(function () {
      element._timer = null;
      element._fail("Load app time out", ELEMENT_ERRORS.web);
    }, ELEMENT_LIMIT);
    element._load(true);
    element._status = "BUSY";
    try {
      element._show(renderOptions, selector);
    } catch (error) {
      resolve({ error: Object.assign({ context: "{}" }, ELEMENT_ERRORS.parameter) });
      element._emit("SDK_CREATEPAYMENT_PARAMETER_ERROR", error.message);
      clearTimeout(element._timer);
      element._timer = null;
      element._load(false);
    }
  });
};

AMSElement.prototype.submitPayment = function () {
  var element = this;
  if (element._status !== "BUSY") {
    var error = Object.assign(
      { needChangeSessionForRetry: false }, ELEMENT_ERRORS.state);
    return Promise.resolve({ error: error, status: "FAIL" });
  }
  element._load(true);
  return new Promise(function (resolve) {
    element._finish = function (result) {
      if (result && result.error && !("needChangeSessionForRetry" in result.error)) {
        result.error.needChangeSessionForRetry =
          element._query ? element._query.notSupportRetryPayForSameSession : undefined;
      }
      resolve(result);
      element._load(false);
    };
    var finish = element._finish;
    var failed = {
      error: Object.assign({ context: "{}" }, ELEMENT_ERRORS.data),
      status: "FAIL"
    };
    try {
      element._ask("submitPay", function (reply) {
        finish(reply ? reply.data : failed);
      });
    } catch (error) {
      finish(failed);
    }
  });
};

AMSElement.prototype.validateFields = function () {
  var element = this;
  var invalid = { isValid: false };
  if (element._timer || !element._frame) return Promise.resolve(invalid);
  return new Promise(function (resolve) {
    element._ask("onValidate", function (reply) {
      resolve(reply && reply.data || invalid);
    });
  });
};

/* Works for sessions of other products only. */
AMSElement.prototype.updatePayment = function () {
  return Promise.resolve(false);
};

AMSElement.prototype.destroy = function () {
  this._clear();
  document.body.style.overflow = "auto";
  this._status = "DESTROYED";
};

AMSElement.prototype._whyNotMount = function (selector) {
  if (!document.querySelector(selector)) {
    return {
      message: "Element with selector " + selector + " not found.",
      error: ELEMENT_ERRORS.parameter
    };
  }
  if (this._status === "DESTROYED") {
    return {
      message: "Creating components in the destroyed state is forbidden.",
      error: ELEMENT_ERRORS.state
    };
  }
  if (this._frame) {
    return { message: "SDK status error.", error: ELEMENT_ERRORS.state };
  }
  return null;
};

AMSElement.prototype._show = function (renderOptions, selector) {
  var facts = sessionFacts(this._options.sessionData);
  if (renderOptions.type !== "payment") throw new TypeError("Unknown type");
  if (!facts) throw new TypeError("The session has no facts");
  this._facts = facts;
  this._render = renderOptions;
  this._container = document.createElement("div");
  this._container.id = "ams-component-container-" + selector.replace(/^#/, "");
  this._container.className = this._container.id + "-inline";
  this._frame = document.createElement("iframe");
  this._frame.id = "antom-sdk-web-app-" + selector;
  this._frame.title = "Antom simulator: Payment Element";
  this._frame.allow = "payment";
  Object.assign(this._frame.style, {
    height: "0", width: "100%", border: "0", opacity: "0", display: "block"
  });
  this._frame.src = HOME + "/element/" + sessionId(this._options.sessionData) +
    frameQuery(this._instanceId, "inline", this._options.locale, this._environment);
  this._container.appendChild(this._frame);
  document.querySelector(selector).appendChild(this._container);
  window.addEventListener("message", this._hear);
};

AMSElement.prototype._hear = function (message) {
  var said;
  if (!this._frame || message.origin !== HOME) return;
  try {
    said = JSON.parse(message.data);
  } catch (error) {
    console.error("ams-checkout: the message is not JSON");
    return;
  }
  if (said.name !== "APP_TO_SDK" || said.instanceId !== this._instanceId) return;
  this._obey(said.context.event, said.context.data);
};

AMSElement.prototype._obey = function (event, data) {
  if (this._replies[event]) {
    this._replies[event](data);
  } else if (event === "onLaunch") {
    this._launch(data && data.queryResult || {});
  } else if (event === "onSizeChanged" || event === "webAppReady") {
    this._resize(data);
  } else if (event === "onEventCallback") {
    this._emit(data.code, data.message, data.result);
  } else if (event === "onRedirect") {
    var told = redirectTo(data);
    this._emit(told.code, told.message);
  } else if (event === "onSubmitPayCallback") {
    if (this._finish) this._finish(data);
  } else if (event === "onDestroy") {
    this._load(false);
    this._status = "READY";
    this._clear();
  }
};

/* The real script asks the gateway; here the frame brings the answer along. */
AMSElement.prototype._launch = function (query) {
  var error = errorOf(query);
  this._query = query;
  if (error) this._ready({ error: error });
  if (!this._facts.paymentSessionConfig) {
    this._fail("Failed to launch app", ELEMENT_ERRORS.api);
    return;
  }
  post(this._frame, this._instanceId, {
    event: "renderComponent",
    data: {
      paymentSessionData: this._options.sessionData,
      queryResult: query,
      sessionResult: this._facts,
      appearance: this._render.appearance || this._options.appearance,
      notRedirectAfterComplete: this._render.notRedirectAfterComplete === true,
      merchantAppointParam: this._render.merchantAppointParam
    }
  });
};

AMSElement.prototype._resize = function (data) {
  clearTimeout(this._timer);
  this._timer = null;
  if (data.height > 1) {
    this._container.style.height = this._frame.style.height = data.height + "px";
    this._frame.style.opacity = "1";
  }
  if (data.source === "payment") this._ready();
  this._load(false);
};

AMSElement.prototype._fail = function (message, error) {
  this._load(false);
  this._status = "READY";
  this._emit("SDK_LAUNCH_PAYMENT_APP_ERROR", message);
  this._clear();
  this._ready({ error: error });
};

AMSElement.prototype._ask = function (event, callback) {
  var id = newInstanceId();
  this._replies[id] = callback;
  post(this._frame, this._instanceId, {
    event: event,
    eventCallbackId: id,
    data: { params: {}, target: "PAYMENT_ELEMENT", source: "CONTAINER_ELEMENT" }
  });
};

AMSElement.prototype._clear = function () {
  window.removeEventListener("message", this._hear);
  if (this._container) this._container.remove();
  this._container = this._frame = null;
};

AMSElement.prototype._emit = function (code, message, result) {
  if (!this._options.onEventCallback) return;
  this._options.onEventCallback(
    { code: code, message: message || "", result: result });
};

AMSElement.prototype._load = function (isLoading) {
  var loading = this._options.loading || {};
  if (isLoading && loading.onStartLoading && !this._isLoading) {
    loading.onStartLoading();
    this._isLoading = true;
  } else if (!isLoading) {
    if (loading.onEndLoading && this._isLoading) loading.onEndLoading();
    this._isLoading = false;
  }
};

function invalidConfig(field, message) {
  var error = new Error("Invalid config:\n" + field + ": " + message);
  error.name = "InvalidElementConfigError";
  error.errors = [{ field: field, message: message }];
  return error;
}

/* Says why nothing can be paid, by what the gateway said; null if it can. */
function errorOf(query) {
  var methods = query.paymentMethods || [];
  var isGood = query.success && methods.length && query.orderAmountView &&
    query.paymentAmountView;
  if (isGood) return null;
  if (!query.errorCode) return Object.assign({ traceId: "" }, ELEMENT_ERRORS.data);
  return {
    code: query.errorCode,
    message: OWN_WORDS[query.errorCode] || query.errorMessage || NOT_STARTED,
    traceId: ""
  };
}

window.AMSElement = AMSElement;
