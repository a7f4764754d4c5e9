/* Payment Element inside the browser SDK's frame. It speaks to the SDK as Antom's own
   web app does: JSON texts by postMessage, {name, instanceId, context: {event, data}}.
   A question of the SDK's is answered by an event that bears the question's id. */
(function () {
  "use strict";

  var element = document.getElementById("element");
  var outcome = document.getElementById("outcome");
  var query = JSON.parse(element.dataset.query);
  var forms = {};
  var instanceId = new URLSearchParams(location.search).get("instanceId");
  var shop = shopOrigin();
  var waiting = []; // the ids of the submissions that are not answered yet
  var stays = false; // whether the shop wants the page to stay after the payment

  var WORDS = {
    SUCCESS: "Paid. The shop goes on from here.",
    PROCESSING: "Your payment is on its way. The result is outstanding.",
    PENDING: "Your payment is on its way. The result is outstanding."
  };

  var SILENCE = {
    step: "choose",
    answer: {
      status: "FAIL",
      error: {
        code: "SUBMIT_PAYMENT_TIMEOUT",
        message: "The simulator does not answer. Try again."
      }
    }
  };

  function shopOrigin() {
    try {
      return new URL(new URLSearchParams(location.search).get("refUrl")).origin;
    } catch (error) {
      return location.origin; // opened by hand: nobody listens
    }
  }

  function tell(event, data) {
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
    var height = element.getBoundingClientRect().bottom;
    tell("onSizeChanged", { width: 440, height: height, source: "payment" });
  }

  /* Asks the simulator to do something with the method and the card in the form. */
  function send(action, callback) {
    var fields = new URLSearchParams(new FormData(forms.choose));
    var request = new XMLHttpRequest();
    fields.set("action", action);
    lock(true);
    request.open("POST", location.pathname + location.search);
    request.responseType = "json";
    request.onload = function () {
      lock(false);
      callback(request.response || SILENCE);
    };
    request.onerror = function () {
      lock(false);
      callback(SILENCE);
    };
    request.send(fields);
  }

  function go(told) {
    if (told.redirect) {
      tell("onRedirect", { normalUrl: told.redirect });
    } else if (told.answer) {
      finish(told);
    } else if (hasErrors(told)) {
      showErrors(told.errors);
      show("choose");
      answer({
        status: "FAIL",
        error: { code: "FORM_INVALID", message: "The form is not filled in right." }
      });
    } else {
      show(told.step);
      forms[told.step].querySelector("button").focus();
    }
  }

  function finish(told) {
    var status = told.answer.status;
    showErrors({});
    show(told.step);
    outcome.hidden = false;
    outcome.textContent = WORDS[status] || told.answer.error.message;
    outcome.classList.toggle("good", status === "SUCCESS");
    if (told.event) tell("onEventCallback", told.event);
    answer(told.answer);
    if (told.step === "end" && !stays) {
      tell("onRedirect", { normalUrl: element.dataset.back });
    }
  }

  /* Answers all submissions; an impatient shop may have made several. */
  function answer(data) {
    waiting.splice(0).forEach(function (id) {
      tell(id, { success: data.status === "SUCCESS", data: data });
    });
  }

  function show(step) {
    outcome.hidden = true;
    Object.keys(forms).forEach(function (name) {
      forms[name].hidden = name !== step;
    });
    document.getElementById("method").textContent =
      new FormData(forms.choose).get("method");
  }

  function hasErrors(told) {
    return Object.keys(told.errors || {}).length > 0;
  }

  function showErrors(errors) {
    element.querySelectorAll(".field input").forEach(function (input) {
      var hint = input.nextElementSibling;
      input.setAttribute("aria-invalid", String(input.name in errors));
      hint.textContent =
        input.name in errors ? errors[input.name][1] : hint.dataset.hint;
    });
  }

  function lock(isLocked) {
    element.querySelectorAll("button").forEach(function (button) {
      button.disabled = isLocked;
    });
  }

  function press(submission) {
    var action = submission.submitter && submission.submitter.value;
    submission.preventDefault();
    if (action === "choose-again") {
      show("choose");
      answer({
        status: "CANCELLED",
        error: { code: "USER_CANCELED", message: "The buyer went back." }
      });
    } else if (action) {
      send(action, go);
    }
  }

  function obey(said) {
    if (said.event === "renderComponent") {
      stays = said.data.notRedirectAfterComplete;
      new ResizeObserver(tellSize).observe(element);
      tell("webAppReady", { source: "payment" });
    } else if (said.event === "submitPay") {
      waiting.push(said.eventCallbackId);
      if (query.success) send("choose", go);
      else answer({ status: "FAIL", error: { code: query.errorCode } });
    } else if (said.event === "onValidate") {
      send("check", function (told) {
        showErrors(told.errors || {});
        tell(said.eventCallbackId, { success: true, data: { isValid: !hasErrors(told) } });
      });
    }
  }

  element.querySelectorAll("form").forEach(function (form) {
    forms[form.id] = form;
    form.addEventListener("submit", press);
  });
  window.addEventListener("message", function (message) {
    if (message.source !== window.parent || message.origin !== shop) return;
    var said = JSON.parse(message.data);
    if (said.name === "SDK_TO_APP") obey(said.context);
  });
  tell("onLaunch", { queryResult: query });
})();
