# Two images of one project.
#   docker build --target serve -t recsvc-serve .    answers; no trainer, no SciPy, no compiler
#   docker build --target train -t recsvc-train .    the whole, for the nightly run
# `scripts/try-container.sh` executes these steps without Docker.
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS base
ENV PATH=/opt/recsvc/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RECSVC_MODELS=/var/lib/recsvc/models
RUN groupadd --gid 10001 recsvc \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin recsvc \
    && install -d -o 10001 -g 10001 /var/lib/recsvc /var/lib/recsvc/models
WORKDIR /var/lib/recsvc

# The compiler and the build tools stay in this stage.
FROM base AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends cmake g++ make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY locks locks
RUN python -m venv --without-pip /opt/recsvc \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes -r locks/build.txt

FROM builder AS built-serve
RUN /opt/build/bin/pip --python /opt/recsvc/bin/python install --no-cache-dir --require-hashes -r locks/serve.txt
COPY . .
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels \
        --config-settings=wheel.packages="recsvc;models" --config-settings=cmake.define.RECSVC_TRAINER=OFF . \
    && /opt/build/bin/pip --python /opt/recsvc/bin/python install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM builder AS built-train
RUN /opt/build/bin/pip --python /opt/recsvc/bin/python install --no-cache-dir --require-hashes -r locks/train.txt
COPY . .
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/build/bin/pip --python /opt/recsvc/bin/python install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM base AS train
# implicit is compiled with OpenMP, whose library neither its wheel nor a slim image holds.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=built-train /opt/recsvc /opt/recsvc
COPY --chmod=755 scripts/daily.sh /usr/local/bin/daily
USER 10001:10001
CMD ["recsvc", "nightly", "--help"]

# The last stage is what a build without --target gives.
FROM base AS serve
COPY --from=built-serve /opt/recsvc /opt/recsvc
# Inside a container loopback is nobody's: the service listens on all its addresses, and refuses to start until somebody
# names keys in RECSVC_KEYS, or says with RECSVC_ALLOW_OPEN=1 that the network keeps strangers out, as compose.yaml does.
ENV RECSVC_BIND=0.0.0.0:8000
EXPOSE 8000
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "recsvc.healthcheck"]
CMD ["recsvc", "serve"]
