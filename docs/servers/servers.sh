# gunicorn, sync
gunicorn --bind 127.0.0.1:8000 --workers 2 --no-control-socket shop:app
# gunicorn, gthread
gunicorn --bind 127.0.0.1:8000 --workers 2 --threads 4 --no-control-socket shop:app
# gunicorn, gevent
gunicorn --bind 127.0.0.1:8000 --workers 2 --worker-class gevent --no-control-socket shop:app
# uWSGI
uwsgi --http-socket 127.0.0.1:8000 --master --processes 2 --enable-threads --die-on-term --module shop:app
# waitress
waitress-serve --listen=127.0.0.1:8000 --no-clear-untrusted-proxy-headers shop:app
# granian
granian --interface wsgi --host 127.0.0.1 --port 8000 shop:app
# hypercorn, a2wsgi
hypercorn --bind 127.0.0.1:8000 shop:asgi_app
# uvicorn, a2wsgi
uvicorn --host 127.0.0.1 --port 8000 --no-access-log shop:asgi_app
# uWSGI, uwsgi_pass
uwsgi --socket 127.0.0.1:8000 --master --processes 2 --enable-threads --die-on-term --mount /shop=shop:app --manage-script-name
