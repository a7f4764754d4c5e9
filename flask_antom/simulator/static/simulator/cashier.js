/* The cashier inside the browser SDK's frame. It speaks to the SDK as Antom's own web
   app does: JSON texts by postMessage, {name, instanceId, context: {event, data}}. */
(function () {
  "use strict";

  var cashier = document.getElementById("cashier");
  var choice = document.getElementById("choice");
  var outcome = document.getElementById("outcome");
  var instanceId = new URLSearchParams(location.search).get("instanceId");
  var shop = cashier.dataset.shop;
  var isFramed = window.parent !== window;

  var WORDS = {
    SDK_PAYMENT_SUCCESSFUL: "Paid. The shop goes on from here.",
    SDK_PAYMENT_FAIL: "Declined. You can try again.",
    SDK_PAYMENT_PROCESSING: "Your payment is on its way. The result is outstanding.",
    SDK_PAYMENT_ERROR: "This can no longer be paid.",
    SDK_SUBMIT_NETWORK_ERROR: "The simulator does not answer. Try again."
  };

  function tell(event, data) {
    if (!isFramed) return;
    window.parent.postMessage(
      JSON.stringify({
        name: "APP_TO_SDK",
        instanceId: instanceId,
        context: { event: event, data: data }
      }),
      shop
    );
  }

  function tellSize() {
    tell("onSizeChanged", { width: 440, height: cashier.getBoundingClientRect().bottom });
  }

  function finish(event) {
    var isFinal = event.code !== "SDK_PAYMENT_FAIL" &&
      event.code !== "SDK_SUBMIT_NETWORK_ERROR";
    outcome.hidden = false;
    outcome.textContent = WORDS[event.code] || event.message;
    outcome.classList.toggle("good", event.code === "SDK_PAYMENT_SUCCESSFUL");
    if (choice) {
      choice.hidden = isFinal;
      lock(false);
    }
    tellSize();
    tell("onEventCallback", event);
  }

  function lock(isLocked) {
    Array.prototype.forEach.call(choice.elements, function (button) {
      button.disabled = isLocked;
    });
  }

  function submit(action) {
    var request = new XMLHttpRequest();
    lock(true);
    request.open("POST", location.pathname);
    request.responseType = "json";
    request.onload = function () {
      var answer = request.response || {};
      if (answer.redirect) {
        leaveFor(answer.redirect);
      } else {
        finish(answer.event || { code: "SDK_SUBMIT_NETWORK_ERROR" });
      }
    };
    request.onerror = function () {
      finish({ code: "SDK_SUBMIT_NETWORK_ERROR", message: "Network error" });
    };
    request.send(new URLSearchParams({ action: action }));
  }

  function leaveFor(url) {
    if (isFramed) {
      tell("onRedirect", { normalUrl: url });
    } else {
      location.href = url;
    }
  }

  function start() {
    if (choice) lock(false);
    tellSize();
    tell("dismissLoading", {});
    if (cashier.dataset.category === "CARD") {
      tell("declareEventCallbackInfo", {
        popWindowEventInfo: {
          enableCallback: true,
          eventName: "SDK_PAYMENT_CANCEL",
          eventResult: { resultCode: "USER_CANCELED", resultStatus: "F" }
        }
      });
    }
    if (cashier.dataset.event) {
      tell("onEventCallback", JSON.parse(cashier.dataset.event));
    } else if ("redirects" in cashier.dataset) {
      submit("wallet");
    }
  }

  window.addEventListener("message", function (message) {
    if (message.source !== window.parent || message.origin !== shop) return;
    var said = JSON.parse(message.data);
    if (said.name === "SDK_TO_APP" && said.context.event === "renderComponent") start();
  });

  if (choice) {
    choice.addEventListener("submit", function (submission) {
      submission.preventDefault();
      submit(submission.submitter.value);
    });
    document.getElementById("cancel").addEventListener("click", function () {
      tell("onEventCallback", {
        code: "SDK_PAYMENT_CANCEL",
        message: "",
        result: {
          result: { resultCode: "USER_CANCELED", resultStatus: "F", resultMessage: "" }
        }
      });
    });
  }

  if (isFramed) {
    tell("onLaunch", {});
  } else if (choice) {
    lock(false);
  }
})();
