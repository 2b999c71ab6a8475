# Sourced by the other scripts: fetches the real services and says where they are.
FLTS_TEST_KAFKA=$(scripts/kafka.sh) || exit 1
FLTS_TEST_MINIO=$(scripts/minio.sh) || exit 1
export FLTS_TEST_KAFKA FLTS_TEST_MINIO
