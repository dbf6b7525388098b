# A desk's image: the locked dependencies and our wheel in one folder, run by nobody in particular.
#     docker build --tag pactdesk .

FROM python:3.11.14-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source

# What changes rarely first: a change of our own code leaves these layers as they are.
COPY requirements/runtime.txt requirements/build.txt requirements/
RUN python -m venv /opt/pactdesk \
    && /opt/pactdesk/bin/pip install --require-hashes --no-deps --only-binary :all: \
        --requirement requirements/runtime.txt \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --no-deps --only-binary :all: \
        --requirement requirements/build.txt

COPY . .
RUN /opt/build/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels . \
    && /opt/pactdesk/bin/pip install --no-deps --no-index /wheels/*.whl \
    && /opt/pactdesk/bin/python -m compileall -q /opt/pactdesk/lib


FROM python:3.11.14-slim-bookworm

LABEL org.opencontainers.image.title="pactdesk" \
    org.opencontainers.image.licenses="Apache-2.0"

# The folder belongs to the desk, and so does a new volume that is mounted there.
RUN groupadd --gid 10001 pactdesk \
    && useradd --uid 10001 --gid pactdesk --no-create-home --shell /usr/sbin/nologin pactdesk \
    && install --directory --owner=pactdesk --group=pactdesk /var/lib/pactdesk

COPY --from=build /opt/pactdesk /opt/pactdesk

ENV PATH=/opt/pactdesk/bin:$PATH \
    PACTDESK_DATA=/var/lib/pactdesk \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/pactdesk

ENTRYPOINT ["pactdesk"]
CMD ["--help"]
