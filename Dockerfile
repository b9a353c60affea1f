# syntax=docker/dockerfile:1

FROM python:3.13-slim AS build
WORKDIR /source
# One module is compiled. What compiles it stays in this stage.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/holdback
# What is needed first, by itself: it changes less often than the code and stays in the build's cache.
COPY pyproject.toml constraints.txt ./
RUN python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' \
      > requirements.txt \
    && /opt/holdback/bin/pip install --no-cache-dir --constraint constraints.txt --requirement requirements.txt
COPY . .
RUN /opt/holdback/bin/pip install --no-cache-dir --no-deps .


# The country database with its attribution. Its makers no longer update this package and say that there are errors in
# it: mount a database that is kept up, and name it in HOLDBACK_GEO_DATABASE, where laxer regimes than the strictest
# are relied upon.
FROM node:22-slim AS node
FROM build AS country
COPY --from=node /usr/local /opt/node
RUN PATH=/opt/node/bin:$PATH /opt/holdback/bin/python -m holdback.proxy.rules.country_data --output /country/country.mmdb


FROM python:3.13-slim
LABEL org.opencontainers.image.title="Holdback" \
      org.opencontainers.image.description="A consent proxy: trackers are held until the visitor has agreed" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin holdback \
    && install -d -o holdback -g holdback -m 0700 /data
COPY --from=country /country /usr/share/holdback
COPY --from=build /opt/holdback /opt/holdback
ENV PATH=/opt/holdback/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOLDBACK_LISTEN=0.0.0.0:8080 \
    HOLDBACK_DATA=/data \
    HOLDBACK_GEO_DATABASE=/usr/share/holdback/country.mmdb
USER holdback
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/_hb/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["holdback"]
CMD ["serve"]
