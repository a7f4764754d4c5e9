/* AMSCheckoutPage: Checkout Page inside the shop's page. Like the real one it listens
   to whoever posts a message, and takes an unknown environment for an address. */

var CHECKOUT_PAGE_ID = "antom-checkout-page-sub-page-iframe";

function AMSCheckoutPage(options) {
  options.environment = options.environment || "prod";
  this._options = options;
  this._hear = this._hear.bind(this);
}

AMSCheckoutPage.prototype.mountComponent = function (params, selector) {
  var session = params.sessionData;
  if (!session || typeof session !== "string") {
    throw new Error("PARAMS_ERROR_INVALID_SESSION_DATA");
  }
  var place = document.querySelector(selector);
  if (!place) throw new Error("PARAMS_ERROR_INVALID_SELECTOR");
  var frame = document.createElement("iframe");
  frame.id = CHECKOUT_PAGE_ID;
  frame.title = "Antom simulator: Checkout Page";
  frame.allow = "payment";
  frame.width = frame.height = "100%";
  frame.style.border = "none";
  frame.src = this._address(session);
  place.innerHTML = "";
  place.appendChild(frame);
  this._frame = frame;
  window.addEventListener("message", this._hear);
  return Promise.resolve();
};

AMSCheckoutPage.prototype.unmount = function () {
  var frame = document.getElementById(CHECKOUT_PAGE_ID);
  window.removeEventListener("message", this._hear);
  if (frame) frame.remove();
};

AMSCheckoutPage.prototype._address = function (session) {
  var environment = this._options.environment;
  var isKnown = ENVIRONMENTS.indexOf(environment) >= 0;
  var query = new URLSearchParams({
    sessionData: session,
    lang: this._options.locale || "en_US",
    mode: "embed"
  });
  if (environment === "sandbox") query.set("shadow", "true");
  return (isKnown ? HOME + "/checkout/" + sessionId(session) : environment) + "?" + query;
};

AMSCheckoutPage.prototype._hear = function (message) {
  var said = JSON.parse(message.data) || {};
  var context = said.context || {};
  var told = { code: said.code, message: said.message, result: said.result };
  if (said.code && said.code.startsWith("SDK_PAYMENT")) this._emit(told);
  if (context.event && context.event.startsWith("onRedirect")) {
    this._emit(told);
    redirectTo(context.data);
    this._answer(context);
  }
};

AMSCheckoutPage.prototype._emit = function (data) {
  if (this._options.onEventCallback) this._options.onEventCallback(data);
};

AMSCheckoutPage.prototype._answer = function (context) {
  var answer = Object.assign({}, context, { event: "appEventCallback" });
  if (!this._frame || !this._frame.contentWindow) return;
  this._frame.contentWindow.postMessage(
    JSON.stringify({ name: "SDK_TO_APP", context: answer }), "*");
};

window.AMSCheckoutPage = AMSCheckoutPage;
