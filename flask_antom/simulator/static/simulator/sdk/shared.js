/* What the classes share. */

var HOME = new URL(document.currentScript.src).origin;

var ENVIRONMENTS = ["sandbox", "prod", "light_sandbox"];

/* Anything but a known environment is taken for prod, as the real one does. */
function environmentOf(given) {
  if (ENVIRONMENTS.indexOf(given) >= 0) return given;
  console.warn("ams-checkout: environment is taken for prod");
  return "prod";
}

function newInstanceId() {
  return "simulated" + Math.random().toString(36).slice(2);
}

/* The part of the session data that leads back to the session. */
function sessionId(session) {
  return encodeURIComponent(String(session).split("&&")[0]);
}

/* The last part, which tells what to draw; null if there is none. */
function sessionFacts(session) {
  try {
    var bytes = Uint8Array.from(atob(session.split("&&")[3]), function (character) {
      return character.charCodeAt(0);
    });
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    return null;
  }
}

function frameQuery(instanceId, displayType, locale, environment) {
  var query = new URLSearchParams({
    instanceId: instanceId,
    displayType: displayType,
    locale: locale || "",
    sdkVersion: "1.47.2",
    refUrl: location.href
  });
  if (environment !== "prod") query.set("shadow", "true");
  return "?" + query;
}

function post(frame, instanceId, context) {
  frame.contentWindow.postMessage(JSON.stringify({
    name: "SDK_TO_APP",
    mode: "component",
    appId: "COMPONENT",
    instanceId: instanceId,
    context: context
  }), HOME);
}

/* Sends the shop's page on; gives the event that tells so. */
function redirectTo(target) {
  var url = typeof target === "string" ? target : target && target.normalUrl;
  if (!url) {
    return {
      code: "SDK_LAUNCH_PAYMENT_APP_ERROR",
      message: "Failed to open app,applinkUrl:  schemeUrl:  normalUrl: "
    };
  }
  location.href = url;
  return {
    code: "SDK_CALL_URL_SUCCESS",
    message: "Successfully opened the app,NormalUrl: " + url
  };
}
