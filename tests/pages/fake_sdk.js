/* A stand-in for Antom's SDK that does nothing by itself: a test pulls its strings
 * through window.sdk, so that every event can be had at every moment. */
(function () {
  'use strict';

  var sdk = window.sdk = { options: [], params: [], unmounted: 0, living: 0 };

  window.AMSCashierPayment = function (options) {
    if (window.sdkFault === 'constructor') {
      throw new Error('The operation is insecure.');
    }
    sdk.options.push(options);
  };

  window.AMSCashierPayment.prototype.createComponent = function (params) {
    sdk.params.push(params);
    document.documentElement.setAttribute('data-sdk-calls', sdk.params.length);
    sdk.living += 1;
    document.body.style.overflow = 'hidden';
    if (window.sdkFault === 'createComponent') {
      throw new TypeError('Cannot read properties of undefined');
    }
    sdk.emit('onEventCallback', { code: 'SDK_START_OF_LOADING' });
    return new Promise(function (resolve, reject) {
      sdk.resolve = resolve;
      sdk.reject = reject;
    });
  };

  window.AMSCashierPayment.prototype.unmount = function () {
    sdk.unmounted += 1;
    sdk.living = 0;
    document.body.style.overflow = 'auto';
  };

  sdk.emit = function (channel, data, attempt) {
    var options = sdk.options[attempt === undefined ? sdk.options.length - 1 : attempt];
    return options[channel](data);
  };
}());
