/* Calls a browser SDK of Antom's, and keeps what it calls back, over a redirect too. */
var callbacks = JSON.parse(sessionStorage.callbacks || "[]");

function note(channel, data) {
  callbacks.push([channel, data && data.code || "", data && data.message]);
  sessionStorage.callbacks = JSON.stringify(callbacks);
}

function forget() {
  callbacks = [];
  sessionStorage.callbacks = "[]";
}

function noteEvent(data) {
  note("onEventCallback", data);
}

function make(options) {
  return new AMSCashierPayment(Object.assign({
    environment: "sandbox",
    locale: "en_US",
    onEventCallback: noteEvent,
    onError: function (data) { note("onError", data); },
    onClose: function (data) { note("onClose", data); }
  }, options));
}

function makeElement(session, options) {
  var loading = {
    onStartLoading: function () { note("onStartLoading"); },
    onEndLoading: function () { note("onEndLoading"); }
  };
  return new AMSElement(Object.assign({
    sessionData: session,
    environment: "sandbox",
    locale: "en_US",
    onEventCallback: noteEvent,
    loading: window.noteLoading ? loading : undefined
  }, options));
}

function makePage(options) {
  return new AMSCheckoutPage(Object.assign({
    environment: "sandbox",
    locale: "en_US",
    onEventCallback: noteEvent
  }, options));
}

function run(promise) {
  return promise.then(
    function () {}, function (fault) { note("rejected", fault); });
}
