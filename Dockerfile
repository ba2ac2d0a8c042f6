# syntax=docker/dockerfile:1
# All controllers; `--only` names those that run. See docs/flags.md.
#
#   docker build -t sluice:v0.1.0 .

FROM node:24-bookworm-slim AS build
RUN npm install --prefix /opt/deno deno@2.9.6
COPY deploy/image/lay_out.sh /usr/local/bin/
# The final image is nothing but this: Deno, the C library it needs, and a user who may not write.
RUN sh /usr/local/bin/lay_out.sh /image "$(find /opt/deno -path '*@deno*' -name deno -type f)"
WORKDIR /app
COPY deno.json deno.lock ./
COPY crds crds
COPY lib lib
COPY controllers controllers
# Every package of the lock file that is imported, and the modules as JavaScript.
ENV DENO_DIR=/deno-dir
RUN /image/usr/bin/deno cache --frozen controllers/main.ts lib/delivery/build_worker.ts

FROM scratch
COPY --from=build /image /
COPY --from=build /deno-dir /deno-dir
COPY --from=build /app /app
# What the container may use limits the heaps, too: of the process, and with it of the threads that build.
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 DENO_USE_CGROUPS=1
WORKDIR /app
USER 65532:65532
# 9090 artifacts, 8080 metrics, 9440 health
EXPOSE 9090 8080 9440
ENTRYPOINT ["/usr/bin/deno","run","--no-prompt","--cached-only","--frozen","--allow-net","--deny-net=0.0.0.0,[::],127.0.0.0/8,[::1],169.254.0.0/16,[fd00:ec2::254]","--allow-read=/data,/config,/var/run/secrets/kubernetes.io/serviceaccount,/app/lib,/var/run/secrets/azure/tokens,/var/run/secrets/eks.amazonaws.com/serviceaccount,/var/run/secrets/tokens/gcp-ksa,/var/run/secrets/docker","--allow-write=/data","--allow-env=KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT,RUNTIME_NAMESPACE,SLUICE_*,AZURE_AUTHORITY_HOST,AZURE_CLIENT_ID,AZURE_FEDERATED_TOKEN_FILE,AZURE_RESOURCE_MANAGER_ENDPOINT,AZURE_TENANT_ID,AWS_ENDPOINT_URL,AWS_ENDPOINT_URL_ECR,AWS_ENDPOINT_URL_ECR_PUBLIC,AWS_ENDPOINT_URL_EKS,AWS_ENDPOINT_URL_KMS,AWS_ENDPOINT_URL_STS,AWS_ROLE_ARN,AWS_ROLE_SESSION_NAME,AWS_WEB_IDENTITY_TOKEN_FILE,CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS,CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER,CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS,CLOUDSDK_API_ENDPOINT_OVERRIDES_STS,DOCKER_CONFIG,GOOGLE_APPLICATION_CREDENTIALS,VAULT_NAMESPACE","--ignore-env","--allow-sys=hostname","/app/controllers/main.ts"]
