CREATE TABLE "users" (
	"id" bigint PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"team" text NOT NULL,
	CONSTRAINT "users_id_is_canonical" CHECK ("id" BETWEEN 1 AND 9007199254740991)
);
