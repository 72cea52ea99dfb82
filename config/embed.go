package config

import "embed"

// woerden is the default configuration: a document for operators.
//
//go:embed woerden.yaml
var woerden []byte

// catalogs are the texts, one pair of files per area: intake.nl.yaml and
// intake.en.yaml, each a flat mapping of id to text.
//
//go:embed texts/*.yaml
var catalogs embed.FS
