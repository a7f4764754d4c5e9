/* Flask-Antom: with ANTOM_DEBUG_PANEL, shows on the page what the checkout's script
 * tells by its DOM events; phones have no console. For development only.
 */
(function () {
  'use strict';

  var NAMES = ['session', 'event', 'redirect', 'success', 'processing', 'fail', 'cancel',
    'error', 'away'];
  var begun = Date.now();
  var list = null;

  function draw() {
    var panel = document.createElement('aside');
    var details = panel.appendChild(document.createElement('details'));
    var title = details.appendChild(document.createElement('summary'));
    list = details.appendChild(document.createElement('ol'));
    panel.className = 'antom-debug';
    panel.setAttribute('data-turbo-temporary', ''); // A copy would stay empty.
    panel.lang = 'en';
    panel.dir = 'ltr';
    panel.tabIndex = 0; // It scrolls.
    panel.setAttribute('aria-label', 'Antom');
    details.open = true;
    title.textContent = 'Antom: what the checkout reports';
    document.body.appendChild(panel);
  }

  function note(event) {
    var detail = event.detail;
    var item = document.createElement('li');
    item.textContent = [
      ((Date.now() - begun) / 1000).toFixed(1) + ' s',
      event.type,
      detail.code,
      detail.resultCode,
      detail.message
    ].filter(Boolean).join(' · ');
    if (!document.documentElement.contains(list)) { // Or it left with the page.
      draw();
    }
    list.insertBefore(item, list.firstChild);
  }

  if (!document.documentElement.hasAttribute('data-antom-debug')) { // Drawn once.
    document.documentElement.setAttribute('data-antom-debug', '');
    NAMES.forEach(function (name) {
      document.addEventListener('antom:' + name, note);
    });
  }
}());
