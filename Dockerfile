# syntax=docker/dockerfile:1

# The country database: CC0 by ip-location-db, from the registries' data (NRO, CC BY 4.0). Its authors no longer update
# the npm package and say that its data have errors: mount another MMDB file and name it in HOLDBACK_GEO_DATABASE where
# regimes other than the strictest are relied upon. Without any database every visitor gets the strictest regime.
FROM node:22-slim AS country
WORKDIR /country
RUN npm pack --silent @ip-location-db/geo-whois-asn-country-mmdb@2.3 \
    && tar -xzf ./*.tgz --strip-components=1 \
    && printf '%s\n' \
      'country.mmdb: geo-whois-asn-country by ip-location-db (https://github.com/sapics/ip-location-db), CC0 1.0.' \
      'It uses WHOIS and ASN data of the five regional Internet registries, licensed under CC BY 4.0' \
      '(https://creativecommons.org/licenses/by/4.0/) by the NRO (https://www.nro.net/).' > NOTICE


FROM python:3.13-slim AS build
WORKDIR /source
RUN python -m venv /opt/holdback
# What is needed first, by itself: it changes less often than the code and stays in the build's cache.
COPY pyproject.toml ./
RUN python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' \
      > requirements.txt \
    && /opt/holdback/bin/pip install --no-cache-dir --requirement requirements.txt
COPY . .
RUN /opt/holdback/bin/pip install --no-cache-dir --no-deps .


FROM python:3.13-slim
LABEL org.opencontainers.image.title="Holdback" \
      org.opencontainers.image.description="A consent proxy: trackers are held until the visitor has agreed" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin holdback \
    && install -d -o holdback -g holdback -m 0700 /data
COPY --from=country /country/geo-whois-asn-country.mmdb /usr/share/holdback/country.mmdb
COPY --from=country /country/NOTICE /country/NRO_LICENSE /usr/share/holdback/
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
