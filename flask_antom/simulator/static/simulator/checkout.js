/* Checkout Page inside the shop's page. The server does what the buyer asks for; this
   only tells the browser SDK of it, in texts of JSON. */
(function () {
  "use strict";

  var checkout = document.getElementById("checkout");
  var back = document.getElementById("back");

  function tell(message) {
    window.parent.postMessage(JSON.stringify(message), "*");
  }

  back.addEventListener("click", function () {
    tell({ code: "SDK_PAYMENT_CLICK_BACK_TO_MERCHANT", message: "" });
  });
  back.disabled = false;
  if (checkout.dataset.event) tell(JSON.parse(checkout.dataset.event));
  if (checkout.dataset.wallet) {
    tell({
      context: { event: "onRedirect", data: { normalUrl: checkout.dataset.wallet } }
    });
  }
})();
