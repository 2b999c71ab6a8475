//go:build never

// Names the program that scripts/minio.sh builds, so that go.sum holds the hash of everything it is made of.

package main

import _ "github.com/minio/minio"
