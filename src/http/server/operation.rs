//! The OpenAPI description of one route; `openapi` adds what all routes share.

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, Ref, Schema, SchemaFormat, Type};
use utoipa::openapi::{Content, ContentBuilder, RefOr, Required, ResponseBuilder};

/// A schema of the document, with its name.
pub type NamedSchema = (String, RefOr<Schema>);

/// The format of a string that is any bytes.
const BINARY: SchemaFormat = SchemaFormat::KnownFormat(KnownFormat::Binary);
/// The content types of files, by their extension.
const FILE_TYPES: [&str; 5] =
    ["application/octet-stream", "text/csv", "application/json", "application/vnd.apache.parquet", "text/plain"];

/// The OpenAPI description of one route.
pub struct Operation {
    /// The operation id: a name for generated clients.
    pub id: &'static str,
    /// A summary of one line.
    pub summary: &'static str,
    /// A longer description.
    pub description: Option<String>,
    /// Query and header parameters.
    pub parameters: Vec<Parameter>,
    /// The request body.
    pub body: Option<RequestBody>,
    /// The responses by status.
    pub answers: Vec<(u16, ResponseBuilder)>,
    /// The schemas that body and responses refer to.
    pub schemas: Vec<NamedSchema>,
}

impl Operation {
    /// An operation with this id and summary.
    pub fn new(id: &'static str, summary: &'static str) -> Self {
        let (parameters, answers, schemas) = (Vec::new(), Vec::new(), Vec::new());
        Self { id, summary, description: None, parameters, body: None, answers, schemas }
    }

    /// Adds a longer description.
    pub fn about(self, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..self }
    }

    /// Adds an optional query parameter.
    pub fn query(self, name: &str, description: &str, schema: ObjectBuilder) -> Self {
        self.parameter(name, ParameterIn::Query, description, schema)
    }

    /// Adds an optional header.
    pub fn header(self, name: &str, description: &str, schema: ObjectBuilder) -> Self {
        self.parameter(name, ParameterIn::Header, description, schema)
    }

    fn parameter(mut self, name: &str, place: ParameterIn, description: &str, schema: ObjectBuilder) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(Schema::from(schema.build())));
        self.parameters.push(parameter.build());
        self
    }

    /// Sets a JSON body, with an example.
    pub fn takes<T: ToSchema>(mut self, example: Value) -> Self {
        let content = ContentBuilder::new().schema(Some(self.reference::<T>())).example(Some(example)).build();
        let body = RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", content);
        self.body = Some(body.build());
        self
    }

    /// Allows a plain-text body beside the JSON body.
    pub fn takes_text(mut self, schema: ObjectBuilder, example: &str) -> Self {
        let schema = Schema::from(schema.build());
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(Value::from(example))).build();
        if let Some(body) = &mut self.body {
            body.content.insert("text/plain".into(), RefOr::T(content));
        }
        self
    }

    /// Sets a file as the body: its bytes, or a form with one file.
    pub fn takes_file(mut self) -> Self {
        let binary = || ObjectBuilder::new().schema_type(Type::String).format(Some(BINARY));
        let bytes = Content::new(Some(Schema::from(binary().build())));
        let form = ObjectBuilder::new().schema_type(Type::Object).property("file", binary()).required("file");
        let body = RequestBodyBuilder::new().required(Some(Required::True)).content("application/octet-stream", bytes);
        self.body = Some(body.content("multipart/form-data", Content::new(Some(Schema::from(form.build())))).build());
        self
    }

    /// Adds a response that is a file.
    pub fn answers_file(mut self, status: u16, description: &str) -> Self {
        let of_kind =
            |response: ResponseBuilder, kind: &&str| response.content(*kind, Content::new(None::<RefOr<Schema>>));
        let response = FILE_TYPES.iter().fold(ResponseBuilder::new().description(description), of_kind);
        self.answers.push((status, response));
        self
    }

    /// Adds a response without a body.
    pub fn answers_nothing(mut self, status: u16, description: &str) -> Self {
        self.answers.push((status, ResponseBuilder::new().description(description)));
        self
    }

    /// Adds a JSON response.
    pub fn answers<T: ToSchema>(mut self, status: u16, description: &str) -> Self {
        let content = Content::new(Some(self.reference::<T>()));
        let response = ResponseBuilder::new().description(description).content("application/json", content);
        self.answers.push((status, response));
        self
    }

    /// Adds a response that is any JSON object.
    pub fn answers_object(mut self, status: u16, description: &str) -> Self {
        let content = Content::new(Some(Schema::from(Object::with_type(Type::Object))));
        let response = ResponseBuilder::new().description(description).content("application/json", content);
        self.answers.push((status, response));
        self
    }

    /// Adds a text response; if a JSON response has the same status, as another media type of it.
    pub fn answers_text(mut self, status: u16, description: &str, media_type: &str) -> Self {
        let content = Content::new(Some(Schema::from(Object::with_type(Type::String))));
        match self.answers.iter().position(|(known, _)| *known == status) {
            Some(at) => {
                let (_, response) = self.answers.remove(at);
                self.answers.insert(at, (status, response.content(media_type, content)));
            }
            None => {
                let response = ResponseBuilder::new().description(description).content(media_type, content);
                self.answers.push((status, response));
            }
        }
        self
    }

    /// Adds an error response: its codes, and when they occur.
    pub fn fails(mut self, status: u16, when: &str) -> Self {
        let content = Content::new(Some(Ref::from_schema_name("Error")));
        self.answers.push((status, ResponseBuilder::new().description(when).content("application/json", content)));
        self
    }

    /// A reference to the schema of a type, which is added to the document.
    fn reference<T: ToSchema>(&mut self) -> Ref {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
        Ref::from_schema_name(T::name())
    }
}

/// The schema of an integer in a range, ends included.
pub fn integer_schema(low: u64, high: u64) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(low as f64)).maximum(Some(high as f64))
}

/// The schema of a string that matches a pattern.
pub fn string_schema(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern))
}
