# The service of Backproof. Built with pinned versions, run without root; everything it keeps is in /data.
#
#   docker build -t backproof . && docker run -p 127.0.0.1:8000:8000 -v backproof:/data backproof

FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/backproof
ENV PATH=/opt/backproof/bin:$PATH
WORKDIR /src

# What others wrote comes first: it changes seldom, so this layer is built seldom.
COPY constraints.txt ./
COPY core/pyproject.toml core/
COPY service/pyproject.toml service/
COPY clients/python/pyproject.toml clients/python/
RUN python -c "import tomllib; \
        projects = [tomllib.load(open(f'{d}/pyproject.toml', 'rb'))['project'] for d in ('core', 'service', 'clients/python')]; \
        wanted = [w for p in projects for w in p['dependencies'] + p.get('optional-dependencies', {}).get('cli', [])]; \
        print('\n'.join(['hatchling'] + [w for w in wanted if not w.startswith('backproof')]))" > needed.txt \
    && pip install -c constraints.txt -r needed.txt

COPY core core
COPY service service
COPY clients/python clients/python
RUN pip install --no-build-isolation --no-deps ./core ./service ./clients/python && pip uninstall -y hatchling

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin backproof \
    && mkdir /data && chown backproof /data
COPY --from=build /opt/backproof /opt/backproof
ENV PATH=/opt/backproof/bin:$PATH PYTHONUNBUFFERED=1
USER backproof
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["backproof", "serve", "--host", "0.0.0.0", "--port", "8000", "--data", "/data"]
