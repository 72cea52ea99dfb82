package config_test

import (
	"testing"

	"github.com/meldroute/meldroute/config"
)

func TestDefaultIsValid(t *testing.T) {
	t.Parallel()
	if _, err := config.Parse("", nil, nil); err != nil {
		t.Fatal(err)
	}
}
