# An image of planner, with git for previews and all extras. It runs as nobody in particular, in /project:
#
#     docker build -t planner .
#     docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/project" -e EC_API_KEY planner plan -e dev
#
# A job of GitLab CI wants `image: {name: planner, entrypoint: [""]}`.
# The base is named by a tag, which moves with its fixes. On 2026-11-29, when it was written here, no registry of images
# could be reached to read a digest from; `--build-arg BASE=python:3.13-slim-trixie@sha256:...` pins one.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
WORKDIR /source
RUN pip install --no-cache-dir uv==0.13.9
COPY pyproject.toml requirements.txt README.md CHANGELOG.md LICENSE ./
COPY schemas schemas
COPY planner planner
# in the versions of requirements.txt, each by its hash
RUN uv venv /opt/planner \
    && uv pip install --no-cache --compile-bytecode --python=/opt/planner/bin/python \
        --constraints=requirements.txt --build-constraints=requirements.txt --no-binary=ece-planner \
        '.[encryption,postgres,s3]'

FROM ${BASE}
# hadolint ignore=DL3008 # Debian keeps no older version than that of its last fix
RUN apt-get update \
    && apt-get install -y --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/planner /opt/planner
ENV PATH=/opt/planner/bin:$PATH
USER 65532:65532
WORKDIR /project
ENTRYPOINT ["planner"]
