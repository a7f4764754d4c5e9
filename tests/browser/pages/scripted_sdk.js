/* A stand-in for Antom's SDK that does nothing by itself: a test drives it through
 * window.sdk, so that every event can come at every moment. A page with two
 * forms runs it twice; like the real one it leaves alone then what stands. */
(function () {
  'use strict';

  var sdk = window.sdk = window.sdk || {
    options: [],
    params: [],
    selectors: [],
    submitted: 0,
    unmounted: 0,
    destroyed: 0,
    living: 0,
    drawn: null
  };

  function failAt(name) {
    if (window.sdkFault === name) {
      throw new TypeError('Cannot read properties of undefined');
    }
  }

  function define(name, methods) {
    window[name] = function (options) {
      if (window.sdkFault === 'constructor') {
        throw new Error('The operation is insecure.');
      }
      sdk.options.push(options);
    };
    Object.keys(methods).forEach(function (method) {
      window[name].prototype[method] = methods[method];
    });
  }

  function open(method, params, selector) {
    sdk.params.push(params);
    sdk.selectors.push(selector);
    document.documentElement.setAttribute('data-sdk-calls', sdk.params.length);
    sdk.living += 1;
    failAt(method);
    if (selector) {
      draw(document.querySelector(selector));
    } else {
      document.body.style.overflow = 'hidden';
    }
    return new Promise(function (resolve, reject) {
      sdk.resolve = resolve;
      sdk.reject = reject;
    });
  }

  // Like the real one it is there at once, and gets its height later: sdk.grow().
  function draw(place) {
    sdk.drawn = document.createElement('div');
    sdk.drawn.id = 'scripted-sdk';
    sdk.drawn.style.cssText = 'height: 1px; overflow: hidden';
    place.appendChild(sdk.drawn);
  }

  sdk.grow = function (height) {
    var label = document.createElement('label');
    label.textContent = 'Card number ';
    label.appendChild(document.createElement('input'));
    sdk.drawn.style.height = height;
    sdk.drawn.appendChild(label);
  };

  function close() {
    sdk.living = 0;
    if (sdk.drawn) {
      sdk.drawn.remove();
      sdk.drawn = null;
    }
  }

  function unmount() {
    sdk.unmounted += 1;
    close();
    document.body.style.overflow = 'auto';
  }

  define('AMSCashierPayment', {
    createComponent: function (params) {
      var promise = open('createComponent', params, '');
      sdk.emit('onEventCallback', { code: 'SDK_START_OF_LOADING' });
      return promise;
    },
    mountComponent: function (params, selector) {
      var promise = open('mountComponent', params, selector);
      sdk.emit('onEventCallback', { code: 'SDK_START_OF_LOADING' });
      return promise;
    },
    unmount: unmount
  });

  define('AMSCheckoutPage', {
    mountComponent: function (params, selector) {
      return open('mountComponent', params, selector);
    },
    unmount: unmount
  });

  define('AMSElement', {
    mount: function (params, selector) {
      return open('mount', params, selector);
    },
    submitPayment: function () {
      sdk.submitted += 1;
      document.documentElement.setAttribute('data-sdk-submitted', sdk.submitted);
      failAt('submitPayment');
      return new Promise(function (resolve, reject) {
        sdk.answer = resolve;
        sdk.refuse = reject;
      });
    },
    destroy: function () {
      sdk.destroyed += 1;
      close();
    }
  });

  sdk.emit = function (channel, data, attempt) {
    var options = sdk.options[attempt === undefined ? sdk.options.length - 1 : attempt];
    return options[channel](data);
  };
}());
